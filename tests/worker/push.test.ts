/** Real files pushed through the worker's relays to a real RTMP server, and played back from it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeVideo } from '../../scripts/demo/ffmpeg.ts';
import { readFlv } from '../../scripts/demo/flv.ts';
import { canCopyAudio, canCopyVideo } from '../../worker/ffmpeg/streams.ts';
import { FileServer, sendFile } from '../support/file-server.ts';
import { RtmpSink } from '../support/rtmp-sink.ts';
import { type VideoKind, Videos } from '../support/videos.ts';
import { WorkerParts } from '../support/worker-parts.ts';

const videos = new Videos();
const parts = new WorkerParts();
let sink: RtmpSink;
let files: FileServer;
beforeAll(async () => {
  await parts.driver.prepare();
  await videos.plain(6);
  sink = await RtmpSink.start();
  files = await FileServer.start((request, response) => {
    sendFile(join(videos.folder, request.url?.slice(1) ?? ''), request, response);
  });
});
afterAll(async () => {
  parts.close();
  files?.stop();
  await sink?.stop();
  videos.clear();
});

/** Reads what arrives at the server, decodes every frame of it, and says what it is. */
async function playBack(name: string, minBytes: number) {
  await sink.awaitPackets(name, 1);
  const file = join(videos.folder, `${name}.flv`);
  writeFileSync(file, await readFlv(sink.flvUrl(name), minBytes, 30_000));
  await decodeVideo(file);
  return await parts.probe(files.url(`/${name}.flv`));
}

test('H.264 and AAC are pushed as they are, to the end, and play', async () => {
  const { media, push, ended } = await parts.start({
    sourceUrl: files.url('/plain.mp4'),
    rtmpUrl: sink.url('plain'),
  });
  expect(canCopyVideo(media.video)).toBe(true);
  expect(media.audio && canCopyAudio(media.audio)).toBe(true);
  const played = await playBack('plain', 60_000);
  expect(played.video.codec).toBe('h264');
  expect(push.stats).toMatchObject({ dropped_frames: 0 });
  expect(await ended).toMatchObject({ exitCode: 0, problem: null, hasPushed: true });
  expect(sink.pushesOf('plain')).toHaveLength(1);
});

describe('what RTMP servers do not take is transcoded', () => {
  const cases: readonly [VideoKind, video: boolean, audio: boolean][] = [
    ['mpeg4-mp3.avi', false, true],
    ['vp9-opus.webm', false, false],
    ['h264-444.mp4', false, true],
    ['h264-mp3.mkv', true, true],
  ];
  test.each(cases)('%s: picture copied %s, sound copied %s', async (kind, video, audio) => {
    await videos.make(kind);
    const name = kind.replace('.', '-');
    const running = await parts.start({
      sourceUrl: files.url(`/${kind}`),
      rtmpUrl: sink.url(name),
    });
    expect(canCopyVideo(running.media.video)).toBe(video);
    expect(running.media.audio && canCopyAudio(running.media.audio)).toBe(audio);
    const played = await playBack(name, 20_000);
    expect(played.video).toMatchObject({ codec: 'h264' });
    expect(canCopyVideo(played.video)).toBe(true);
    expect(await running.ended).toMatchObject({ exitCode: 0, problem: null });
  });
});

test('a video without sound is pushed without', async () => {
  await videos.make('h264-silent.ts', 2);
  const { ended } = await parts.start({
    sourceUrl: files.url('/h264-silent.ts'),
    rtmpUrl: sink.url('silent'),
  });
  expect(await ended).toMatchObject({ exitCode: 0, problem: null, hasPushed: true });
});

test('repeat begins again at the end, in one push', async () => {
  await videos.plain(2, 'short.mp4');
  const { push, ended } = await parts.start({
    sourceUrl: files.url('/short.mp4'),
    rtmpUrl: sink.url('repeat'),
    repeat: true,
  });
  await sink.awaitPackets('repeat', 3 * 2 * 25);
  push.end('stop');
  await ended;
  expect(sink.pushesOf('repeat')).toHaveLength(1);
});

test('keys with parameters arrive as they are', async () => {
  const { ended } = await parts.start({
    sourceUrl: files.url('/short.mp4'),
    rtmpUrl: `${sink.url('with-query')}?key=a%20b&sign=1.2-3`,
  });
  await ended;
  expect(sink.pushesOf('with-query')).toMatchObject([{ query: { sign: '1.2-3' } }]);
});

test('a push whose lease runs out ends at once', async () => {
  const { ended, lease } = await parts.start({
    sourceUrl: files.url('/plain.mp4'),
    rtmpUrl: sink.url('lease'),
    repeat: true,
    leaseSeconds: 300,
  });
  const push = await sink.awaitPackets('lease', 10);
  lease.end();
  await ended;
  expect(push.closedAt).not.toBeNull();
});
