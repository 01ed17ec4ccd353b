/** Disabling a stream ends its running publish and its viewers at the media server. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awaitSession, signUpBroadcaster, unwrap } from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
beforeAll(async () => {
  live = await startLiveStack();
});
afterAll(() => live?.close());

test('a disabled stream is cut off, refused, and may come back when enabled', async () => {
  const { stack, sql, encoder } = live;
  const broadcaster = await signUpBroadcaster(stack);
  const stream = await broadcaster.createStream();
  const push = encoder.push(stream.pushUrl);
  await awaitSession(sql, stream.id, ({ status }) => status === 'running');
  const viewer = await fetch(`${stack.config.mediaUrl}/live/${stream.id}.flv`);
  expect(viewer.status).toBe(200);

  unwrap(await broadcaster.client.rpc('disable_stream', { stream_id: stream.id }));
  expect((await push.ended).code).not.toBe(0);
  await viewer.arrayBuffer(); // settles only because the media server ends the playback
  const session = await awaitSession(sql, stream.id, ({ status }) => status === 'stopped');
  expect(session.ended_reason).toBe('disabled');

  expect((await encoder.pushRefused(stream.pushUrl)).said).toContain('stream_disabled');
  unwrap(await broadcaster.client.rpc('enable_stream', { stream_id: stream.id }));
  const again = encoder.push(stream.pushUrl);
  await awaitSession(sql, stream.id, ({ id, status }) => id !== session.id && status === 'running');
  await again.stop();
});
