/** Who asks for much waits behind who asks for little. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { connectFrom, connectRaw } from '../support/raw-socket.ts';
import { startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime();
});
afterAll(() => realtime?.stop());

test('a hundred joins of one address, and one of another', async () => {
  const { gateway } = realtime;
  await gateway.sql`
    create policy slow on realtime.messages for select to anon using (pg_sleep(0.1) is not null)`;
  const greedy = await connectRaw(gateway);
  const apart = await connectFrom('192.0.2.7', gateway);
  const config = { private: true };
  for (let n = 1; n <= 100; n += 1) greedy.join(`topic ${n}`, config, `${n}`);
  await waitUntil(() => greedy.frames.length >= 5, { timeoutMs: 60_000, intervalMs: 20 });
  apart.join('one', config);
  await waitUntil(() => apart.frames.length > 0, { timeoutMs: 60_000, intervalMs: 20 });
  expect(apart.frames[0]).toMatchObject(['1', '1', 'realtime:one', 'phx_reply', { status: 'ok' }]);
  expect(greedy.frames.length).toBeLessThan(50);
  await waitUntil(() => greedy.frames.length >= 100, { timeoutMs: 60_000, intervalMs: 20 });
  expect(greedy.frames).toHaveLength(100);
  for (const socket of [greedy, apart]) socket.end();
});
