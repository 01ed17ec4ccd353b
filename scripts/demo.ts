/**
 * `npm run demo`: a broadcaster signs up, goes live with a real video, a viewer plays it, the push
 * stops and the stream ends. Needs a running stack; exits 1 with the name of the step that failed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../stack/config.ts';
import { loadKeys } from '../stack/keys.ts';
import { connect, createStream, getFlvUrl, isLive, signUp } from './demo/client.ts';
import {
  decodeVideo,
  type FfmpegEnd,
  type FfmpegRun,
  makeVideo,
  pushVideo,
} from './demo/ffmpeg.ts';
import { readFlv } from './demo/flv.ts';
import { poll } from './demo/poll.ts';
import { StepFailed, step } from './demo/steps.ts';

const VIDEO_SECONDS = 20;
const MIN_BYTES = 1_000_000;
const LIVE_WITHIN_SECONDS = 30;
const END_WITHIN_SECONDS = 120;

const config = loadConfig();

async function isRunning(): Promise<boolean> {
  const health = fetch(`${config.apiUrl}/health`, { signal: AbortSignal.timeout(3_000) });
  return health.then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Waits until the viewer sees the stream live; fails as soon as the encoder has given up. */
async function waitUntilLive(push: FfmpegRun, seen: () => Promise<boolean>): Promise<void> {
  let end: FfmpegEnd | undefined;
  push.ended.then((how) => {
    end = how;
  });
  await poll('going live', LIVE_WITHIN_SECONDS, async () => {
    if (end) throw new Error(`The push ended, exit code ${end.code}:\n${end.said}`);
    return (await seen()) || null;
  });
}

function waitUntilEnded(seen: () => Promise<boolean>): Promise<true> {
  console.log('           waiting for the reconnect grace of 60 s');
  let told = 0;
  return poll(
    'the end of the stream',
    END_WITHIN_SECONDS,
    async () => ((await seen()) ? null : (true as const)),
    (waited) => {
      if (waited < told + 10) return;
      told = Math.floor(waited / 10) * 10;
      console.log(`           … ${told} s`);
    },
  );
}

async function play(flvUrl: string, folder: string): Promise<number> {
  const bytes = await readFlv(flvUrl, MIN_BYTES, VIDEO_SECONDS * 1000);
  const file = join(folder, 'received.flv');
  writeFileSync(file, bytes);
  await decodeVideo(file);
  return bytes.length;
}

async function runDemo(folder: string): Promise<void> {
  const { publishable } = loadKeys(config.dataDir);
  const broadcaster = connect(config.apiUrl, publishable);
  const viewer = connect(config.apiUrl, publishable);
  const video = join(folder, 'video.mp4');

  await step('made a 20-second H.264/AAC video', () =>
    makeVideo(video, { seconds: VIDEO_SECONDS }),
  );
  await step(
    'signed up',
    () => signUp(broadcaster),
    ({ email }) => email,
  );
  const stream = await step(
    'created a stream',
    () => createStream(broadcaster),
    ({ id }) => id,
  );
  const push = pushVideo(video, stream.pushUrl);
  const seen = () => isLive(viewer, stream.id);
  try {
    await step('an anonymous viewer sees it live', () => waitUntilLive(push, seen));
    const flvUrl = await step('asked where to play it', () => getFlvUrl(viewer, stream.id), String);
    await step(
      'read and played',
      () => play(flvUrl, folder),
      (bytes) => `${bytes} bytes of FLV`,
    );
  } finally {
    await push.stop();
  }
  await step('stopped the push, and the viewer sees the end', () => waitUntilEnded(seen));
}

async function main(): Promise<number> {
  if (!(await isRunning())) {
    console.error(
      `No stack is running at ${config.apiUrl}. Start one in another terminal: npm start`,
    );
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'streambed-demo-'));
  try {
    await runDemo(folder);
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
