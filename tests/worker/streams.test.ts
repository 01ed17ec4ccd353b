/** What ffmpeg prints about files, in the words of its versions. */
import { describe, expect, test } from 'vitest';
import { canCopyAudio, canCopyVideo, readMedia } from '../../worker/ffmpeg/streams.ts';

const VIDEO =
  '    Stream #0:0(und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709), 1280x720, 25 fps';
const AUDIO =
  '    Stream #0:1(und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 128 kb/s';

describe('streams', () => {
  test.each([
    ['2018', VIDEO],
    ['5.1', VIDEO.replace('#0:0(und)', '#0:0[0x1](und)')],
    ['transport streams', VIDEO.replace('#0:0(und)', '#0:0[0x100]')],
  ])('as %s prints them', (_version, line) => {
    const media = readMedia([line, AUDIO]);
    expect(media).toMatchObject({ video: { index: 0 }, audio: { index: 1 }, isRotated: false });
    expect([canCopyVideo(media), canCopyAudio(media)]).toEqual([true, true]);
  });

  test('a cover is no video, and the first of many pictures is taken', () => {
    const cover = '    Stream #0:0: Video: mjpeg, yuvj420p(pc), 500x500, 90k tbn (attached pic)';
    expect(() => readMedia([cover, AUDIO])).toThrow('sound but no video');
    const second = VIDEO.replace('#0:0', '#0:2');
    expect(readMedia([cover, AUDIO, second, VIDEO.replace('#0:0', '#0:3')]).video.index).toBe(2);
  });

  test('what a file says about itself is no stream', () => {
    const title = '      title           : Stream #0:0: Video: h264, yuv420p, 1280x720';
    expect(() => readMedia([title])).toThrow('could not be read');
  });
});

describe('is transcoded', () => {
  test.each([
    ['10 bit', VIDEO.replace('yuv420p(', 'yuv420p10le(')],
    ['4:2:2', VIDEO.replace('yuv420p(', 'yuv422p(')],
    ['HEVC', VIDEO.replace('h264', 'hevc')],
  ])('%s', (_what, line) => {
    expect(canCopyVideo(readMedia([line]))).toBe(false);
  });

  test.each([
    ['turned', '      displaymatrix: rotation of -90.00 degrees', false],
    ['not turned', '      displaymatrix: rotation of -0.00 degrees', true],
  ])('a picture that is %s', (_what, line, canCopy) => {
    expect(canCopyVideo(readMedia([VIDEO, line]))).toBe(canCopy);
  });

  test('MP3 at rates that FLV does not know, and no sound at all is no sound', () => {
    const mp3 = (rate: number) => `    Stream #0:1: Audio: mp3, ${rate} Hz, stereo, s16p, 128 kb/s`;
    expect(canCopyAudio(readMedia([VIDEO, mp3(44_100)]))).toBe(true);
    expect(canCopyAudio(readMedia([VIDEO, mp3(48_000)]))).toBe(false);
    expect(canCopyAudio(readMedia([VIDEO]))).toBe(false);
  });
});
