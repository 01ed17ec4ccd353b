/**
 * A user hands over a video and an RTMP address; an admin approves; a worker pushes it until it is
 * stopped. The address is a stream on the same media server, so that a viewer can see what arrives.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, createStream, type Demo, getFlvUrl, isLive, signUp } from '../client.ts';
import { makeVideo, VIDEO_SECONDS } from '../ffmpeg.ts';
import { play } from '../play.ts';
import { poll } from '../poll.ts';
import { step } from '../steps.ts';

const WITHIN_SECONDS = 60;

interface Session {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
}

async function upload({ user }: Demo, userId: string, video: string): Promise<string> {
  const path = `${userId}/demo.mp4`;
  const file = new Blob([readFileSync(video)], { type: 'video/mp4' });
  const { error } = await user.storage.from('videos').upload(path, file);
  check(error);
  return `videos/${path}`;
}

async function request({ user }: Demo, source: string, target: string) {
  const { data, error } = await user.rpc('request_stream', {
    video_source: source,
    rtmp_url: target,
    title: 'Streambed restream demo',
    repeat: true,
  });
  check(error);
  return data as { id: string; rtmp_url: string };
}

async function command({ user }: Demo, name: string, body: object): Promise<Session> {
  const { data, error } = await user.functions.invoke<Session>(name, { body });
  if (error?.context instanceof Response) check(await error.context.json());
  check(error);
  return data as Session;
}

/** Waits until the session is in this state; fails as soon as it ended in error. */
async function waitFor({ user }: Demo, sessionId: string, status: string): Promise<Session> {
  return poll(`the session being ${status}`, WITHIN_SECONDS, async () => {
    const { data, error } = await user
      .from('stream_sessions')
      .select('id, status, error')
      .eq('id', sessionId)
      .single<Session>();
    check(error);
    if (data?.status === 'error') throw new Error(data.error ?? 'the session failed');
    return data?.status === status ? data : null;
  });
}

async function waitForHealth({ user }: Demo, sessionId: string): Promise<string> {
  return poll('a report of the worker', WITHIN_SECONDS, async () => {
    const { data, error } = await user.rpc('get_stream_health', { session_id: sessionId });
    check(error);
    const [last] = data as { bitrate_kbps: number | null; fps: number | null; speed: number }[];
    return last ? `${last.bitrate_kbps} kbit/s, ${last.fps} fps, speed ${last.speed}` : null;
  });
}

/** @throws StepFailed naming the step that did not work */
export default async function tell(demo: Demo): Promise<void> {
  const { user, viewer, backend, folder } = demo;
  const video = join(folder, 'video.mp4');
  await step('made a 20-second H.264/AAC video', () =>
    makeVideo(video, { seconds: VIDEO_SECONDS }),
  );
  const { id: userId } = await step(
    'signed up',
    () => signUp(user),
    ({ email }) => email,
  );
  await step('got a package for several streams', async () => {
    check(
      (await backend.rpc('set_user_package', { user_id: userId, package_type: 'creator' })).error,
    );
  });
  const source = await step('uploaded the video', () => upload(demo, userId, video), String);
  const target = await step(
    'created the stream that is pushed to',
    () => createStream(user),
    ({ id }) => id,
  );
  const { id } = await step(
    'asked for a restream',
    () => request(demo, source, target.pushUrl),
    ({ rtmp_url }) => `to ${rtmp_url}`,
  );
  await step('an admin approved it', async () => {
    check((await backend.rpc('approve_stream_request', { id })).error);
  });
  const session = await step(
    'started it',
    () => command(demo, 'stream-start', { request_id: id }),
    ({ status }) => status,
  );
  await step('a worker pushes it', () => waitFor(demo, session.id, 'running'));
  await step('an anonymous viewer sees it live', () =>
    poll('going live', WITHIN_SECONDS, async () => (await isLive(viewer, target.id)) || null),
  );
  await step(
    'read and played',
    async () => play(await getFlvUrl(viewer, target.id), folder),
    (bytes) => `${bytes} bytes of FLV`,
  );
  await step('the worker reported', () => waitForHealth(demo, session.id), String);
  await step(
    'asked it to stop',
    () => command(demo, 'stream-stop', { session_id: session.id }),
    ({ status }) => status,
  );
  await step('the worker stopped it', () => waitFor(demo, session.id, 'stopped'));
}
