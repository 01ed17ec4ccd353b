/** A broadcaster's encoder: ffmpeg with a real H.264/AAC video. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FfmpegEnd, type FfmpegRun, makeVideo, pushVideo } from '../../scripts/demo/ffmpeg.ts';

const MAX_ATTEMPTS = 60;
const RETRY_MS = 500;

export interface Encoder {
  /** Pushes until stopped or cut off. */
  push(url: string): FfmpegRun;
  /** Pushes until stopped; connects again whenever it is cut off, as encoders do. */
  keepPushing(url: string): { stop(): Promise<void> };
  /** Pushes to an address that is expected to refuse; says how that ended. */
  pushRefused(url: string): Promise<FfmpegEnd>;
  /** Stops whatever still pushes, and deletes the video. */
  close(): Promise<void>;
}

/** Makes a short video to push over and over. */
export async function createEncoder(): Promise<Encoder> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-encoder-'));
  const video = join(folder, 'video.mp4');
  await makeVideo(video, { seconds: 5, size: '640x360', bitrate: '1500k' });
  const runs: FfmpegRun[] = [];

  const push = (url: string) => {
    const run = pushVideo(video, url, -1);
    runs.push(run);
    return run;
  };
  const keepPushing = (url: string) => {
    let isStopped = false;
    let run = push(url);
    const pushing = (async () => {
      for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
        await run.ended;
        if (isStopped) return;
        await sleep(RETRY_MS);
        run = push(url);
      }
    })();
    return {
      async stop() {
        isStopped = true;
        await run.stop();
        await pushing;
      },
    };
  };
  return {
    push,
    keepPushing,
    pushRefused: (url) => push(url).ended,
    async close() {
      await Promise.all(runs.map((run) => run.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
