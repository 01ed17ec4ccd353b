/** A client that vanishes without a word is not shown as present for ever. */
import { afterAll, beforeAll, test } from 'vitest';
import { connectRaw } from '../support/raw-socket.ts';
import { listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime();
});
afterAll(() => realtime?.stop());

test('who neither speaks nor closes is gone after a while', async () => {
  const presence = { key: 'bob', enabled: true };
  const bob = await listen(realtime.gateway.anon(), 'ghosts', { config: { presence } });
  const present = () => Object.keys(bob.channel.presenceState());
  const ghost = await connectRaw(realtime.gateway);
  ghost.join('ghosts', { presence: { key: 'ghost', enabled: true } });
  ghost.send([
    '1',
    '2',
    'realtime:ghosts',
    'presence',
    { type: 'presence', event: 'track', payload: {} },
  ]);
  await bob.until(() => present().includes('ghost'));
  ghost.freeze();
  await bob.until(() => present().length === 0);
  ghost.end();
});
