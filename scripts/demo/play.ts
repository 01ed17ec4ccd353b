/** The player of the demo. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeVideo, VIDEO_SECONDS } from './ffmpeg.ts';
import { readFlv } from './flv.ts';

const MIN_BYTES = 1_000_000;

/** Reads a live stream for as long as the video lasts at most, and decodes what came; returns how many bytes. */
export async function play(flvUrl: string, folder: string): Promise<number> {
  const bytes = await readFlv(flvUrl, MIN_BYTES, VIDEO_SECONDS * 1000);
  const file = join(folder, 'received.flv');
  writeFileSync(file, bytes);
  await decodeVideo(file);
  return bytes.length;
}
