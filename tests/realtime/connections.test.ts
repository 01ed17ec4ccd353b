/** How many connections one address may have. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../lib/wait.ts';
import { connectRaw } from '../support/raw-socket.ts';
import { listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime({ env: { STREAMBED_REALTIME_CONNECTIONS: '5' } });
});
afterAll(() => realtime?.stop());

test('one more than an address may have is refused, and one that ends makes room', async () => {
  const { gateway } = realtime;
  const bystander = await listen(gateway.anon(), 'peace');
  const opened = await Promise.all([1, 2, 3, 4].map(() => connectRaw(gateway)));
  await expect(connectRaw(gateway)).rejects.toThrow('429');
  const claimed = { 'x-real-ip': '192.0.2.7', 'x-forwarded-for': '192.0.2.7' };
  await expect(connectRaw(gateway, undefined, undefined, '2.0.0', claimed)).rejects.toThrow('429');
  opened[0]?.end();
  const connect = () => connectRaw(gateway).catch(() => null);
  const inItsPlace = await waitFor(connect, { timeoutMs: 60_000 });
  expect(inItsPlace).not.toBeNull();
  inItsPlace?.end();
  expect(bystander.states).toEqual(['SUBSCRIBED']);
  for (const socket of opened) socket.end();
});
