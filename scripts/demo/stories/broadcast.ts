/** A broadcaster signs up, goes live with a real video, a viewer plays it, the push stops and the stream ends. */
import { join } from 'node:path';
import { createStream, type Demo, getFlvUrl, isLive, signUp } from '../client.ts';
import { type FfmpegEnd, type FfmpegRun, makeVideo, pushVideo, VIDEO_SECONDS } from '../ffmpeg.ts';
import { play } from '../play.ts';
import { poll } from '../poll.ts';
import { step } from '../steps.ts';

const LIVE_WITHIN_SECONDS = 30;
const END_WITHIN_SECONDS = 120;

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

/** @throws StepFailed naming the step that did not work */
export default async function tell({ user, viewer, folder }: Demo): Promise<void> {
  const video = join(folder, 'video.mp4');
  await step('made a 20-second H.264/AAC video', () =>
    makeVideo(video, { seconds: VIDEO_SECONDS }),
  );
  await step(
    'signed up',
    () => signUp(user),
    ({ email }) => email,
  );
  const stream = await step(
    'created a stream',
    () => createStream(user),
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
