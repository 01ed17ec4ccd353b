/** A publisher that comes back in time goes on where it was; its viewers stay. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { awaitSession, sessionsOf, signUpBroadcaster } from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
beforeAll(async () => {
  live = await startLiveStack();
});
afterAll(() => live?.close());

test('a reconnect within the grace resumes the same session, and its viewers stay', async () => {
  const { stack, sql, encoder } = live;
  const stream = await (await signUpBroadcaster(stack)).createStream();
  const first = encoder.push(stream.pushUrl);
  const begun = await awaitSession(sql, stream.id, ({ status }) => status === 'running');

  const leave = new AbortController();
  const viewer = await fetch(`${stack.config.mediaUrl}/live/${stream.id}.flv`, leave);
  let received = 0;
  const watching = (async () => {
    for await (const chunk of viewer.body ?? []) received += chunk.length;
  })().catch(() => {});
  expect(await waitUntil(() => received > 0, { timeoutMs: 60_000 })).toBe(true);

  await first.stop();
  const gone = await awaitSession(sql, stream.id, (row) => row.disconnected_at !== null);
  expect(gone).toMatchObject({ id: begun.id, status: 'running' });

  const beforeReturn = received;
  const second = encoder.push(stream.pushUrl);
  const back = await awaitSession(sql, stream.id, (row) => row.disconnected_at === null);
  expect(back).toMatchObject({ id: begun.id, status: 'running', resumed_at: expect.any(Date) });
  expect(back.publisher_id).not.toBe(begun.publisher_id);
  expect(await waitUntil(() => received > beforeReturn, { timeoutMs: 60_000 })).toBe(true);

  leave.abort();
  await watching;
  await second.stop();
  expect(await sessionsOf(sql, stream.id)).toHaveLength(1);
});
