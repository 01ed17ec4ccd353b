/** Small real videos of many kinds, made once per test file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVideo, runFfmpeg } from '../../scripts/demo/ffmpeg.ts';

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];

/** How each is encoded; the name's ending is its format. */
const KINDS = {
  'mpeg4-mp3.avi': [...PICTURE, ...SOUND, '-c:v', 'mpeg4', '-c:a', 'libmp3lame'],
  'vp9-opus.webm': [
    ...PICTURE,
    ...SOUND,
    '-c:v',
    'libvpx-vp9',
    '-cpu-used',
    '8',
    '-c:a',
    'libopus',
  ],
  'h264-mp3.mkv': [
    ...PICTURE,
    ...SOUND,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'libmp3lame',
  ],
  'h264-444.mp4': [...PICTURE, ...SOUND, '-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-c:a', 'aac'],
  'h264-silent.ts': [...PICTURE, '-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
  'sound.m4a': [...SOUND, '-c:a', 'aac'],
} as const;

export type VideoKind = keyof typeof KINDS;

export class Videos {
  readonly folder = mkdtempSync(join(tmpdir(), 'streambed-videos-'));

  /** H.264/AAC in MP4, ready to be pushed as it is. */
  async plain(seconds: number, name = 'plain.mp4'): Promise<string> {
    const file = join(this.folder, name);
    await makeVideo(file, { seconds, size: '320x180', bitrate: '400k' });
    return file;
  }

  async make(kind: VideoKind, seconds = 4): Promise<string> {
    const file = join(this.folder, kind);
    const { code, said } = await runFfmpeg([...KINDS[kind], '-t', String(seconds), file]).ended;
    if (code !== 0) throw new Error(`ffmpeg could not make ${kind}: ${said}`);
    return file;
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
