/** What the media server keeps out: whom nobody has vouched for, and what no encoder would send. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { awaitSession, type OwnStream, signUpBroadcaster } from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';
import { RtmpClient } from '../support/rtmp-client.ts';

const PUBLISHED = 'NetStream.Publish.Start';
const PLAYING = 'NetStream.Play.Start';

let live: LiveStack;
let silent: RtmpClient;
let mediaPid: number;
beforeAll(async () => {
  live = await startLiveStack();
  silent = await RtmpClient.open(live.stack);
  mediaPid = await live.stack.pidOf('media');
});
afterAll(() => live?.close());

const newStream = async (): Promise<OwnStream> =>
  (await signUpBroadcaster(live.stack)).createStream();

/** Collects what a viewer of the stream receives. */
function watch(streamId: string) {
  const leave = new AbortController();
  let received = Buffer.alloc(0);
  const watching = (async () => {
    const url = `${live.stack.config.mediaUrl}/live/${streamId}.flv`;
    const { body } = await fetch(url, { signal: leave.signal });
    for await (const chunk of body ?? []) received = Buffer.concat([received, chunk]);
  })().catch(() => {});
  return {
    sees: (text: string) => received.includes(text),
    length: () => received.length,
    async stop() {
      leave.abort();
      await watching;
    },
  };
}

test('an admitted publisher’s packets reach the viewers', async () => {
  const stream = await newStream();
  const publisher = await RtmpClient.open(live.stack);
  publisher.connectTo('live');
  publisher.command('publish', { streamName: `${stream.id}?key=${stream.key}`, type: 'live' });
  expect(await publisher.awaitText(PUBLISHED)).toBe(true);
  const viewer = watch(stream.id);
  expect(await waitUntil(() => viewer.length() > 0, { timeoutMs: 60_000 })).toBe(true);
  publisher.sendVideo('MARK-OF-THE-PUBLISHER');
  expect(await waitUntil(() => viewer.sees('MARK-OF-THE-PUBLISHER'), { timeoutMs: 60_000 })).toBe(
    true,
  );
  await viewer.stop();
  publisher.close();
});

test('a player’s packets do not', async () => {
  const stream = await newStream();
  const push = live.encoder.push(stream.pushUrl);
  await awaitSession(live.sql, stream.id, ({ status }) => status === 'running');
  const viewer = watch(stream.id);
  const intruder = await RtmpClient.open(live.stack);
  intruder.connectTo('live');
  intruder.command('play', { streamName: stream.id });
  expect(await intruder.awaitText(PLAYING)).toBe(true);
  intruder.sendVideo('MARK-OF-THE-INTRUDER');
  const before = viewer.length();
  expect(await waitUntil(() => viewer.length() > before + 100_000, { timeoutMs: 60_000 })).toBe(
    true,
  );
  expect(viewer.sees('MARK-OF-THE-INTRUDER')).toBe(false);
  await viewer.stop();
  intruder.close();
  await push.stop();
});

test('a publisher that nobody vouches for waits unheard, and is refused', async () => {
  const running = await newStream();
  const push = live.encoder.push(running.pushUrl);
  await awaitSession(live.sql, running.id, ({ status }) => status === 'running');
  const stream = await newStream();
  const functions = await live.stack.pidOf('functions');
  process.kill(functions, 'SIGSTOP');
  try {
    const { code, said } = await live.encoder.pushRefused(stream.pushUrl);
    expect(code).not.toBe(0);
    expect(said).toContain('hook_unreachable');
    const play = await fetch(`${live.stack.config.mediaUrl}/live/${running.id}.flv`);
    expect(play.status).toBe(503);
  } finally {
    process.kill(functions, 'SIGCONT');
  }
  const goesOn = await awaitSession(live.sql, running.id, () => true);
  expect(goesOn).toMatchObject({ status: 'running', disconnected_at: null });
  await push.stop();
});

test('a connection that publishes a second time is closed', async () => {
  const [one, two] = [await newStream(), await newStream()];
  const client = await RtmpClient.open(live.stack);
  client.connectTo('live');
  client.command('publish', { streamName: `${one.id}?key=${one.key}`, type: 'live' });
  expect(await client.awaitText(PUBLISHED)).toBe(true);
  client.command('publish', { streamName: `${two.id}?key=${two.key}`, type: 'live' });
  expect(await client.awaitClose()).toBe(true);
  await awaitSession(live.sql, one.id, (row) => row.disconnected_at !== null);
});

test('malformed messages close their connection and nothing else', async () => {
  const badUrl = await RtmpClient.open(live.stack);
  badUrl.connectTo('live', 'nonsense');
  expect(await badUrl.awaitClose()).toBe(true);
  const noName = await RtmpClient.open(live.stack);
  noName.connectTo('live');
  noName.command('publish');
  expect(await noName.awaitClose()).toBe(true);
  expect(await live.stack.pidOf('media')).toBe(mediaPid);
});

test('a connection that says nothing is closed', async () => {
  expect(await silent.awaitClose()).toBe(true);
});
