/** Whose turn it is for a session. Sessions connect with their first statement, and here run none. */
import { expect, test } from 'vitest';
import { Session } from '../../stack/gateway/session.ts';
import { PoolExhausted, SessionPool } from '../../stack/gateway/session-pool.ts';

const open = () => new Session('postgres://127.0.0.1:1/none', {});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (
    (await Promise.race([promise, new Promise((go) => setImmediate(go, pending))])) !== pending
  );
}

test('a client holds its part of the sessions and no more', async () => {
  const pool = new SessionPool({ sessions: 3, ofOneClient: 2 }, open);
  const first = await pool.acquire('greedy');
  await pool.acquire('greedy');
  const third = pool.acquire('greedy');
  expect(await isSettled(third)).toBe(false);
  expect(await isSettled(pool.acquire('modest'))).toBe(true);
  pool.release(first);
  expect(await isSettled(third)).toBe(true);
  await pool.end();
});

test('of those who wait, the one that holds the fewest is next', async () => {
  const pool = new SessionPool({ sessions: 3, ofOneClient: 2 }, open);
  const first = await pool.acquire('greedy');
  await pool.acquire('greedy');
  await pool.acquire('other');
  const greedy = pool.acquire('greedy');
  const other = pool.acquire('other');
  const modest = pool.acquire('modest');
  pool.release(first);
  expect(await Promise.all([greedy, other, modest].map(isSettled))).toEqual([false, false, true]);
  pool.release(await modest);
  expect(await Promise.all([greedy, other].map(isSettled))).toEqual([true, false]);
  pool.release(await greedy);
  expect(await isSettled(other)).toBe(true);
  await pool.end();
});

test('no more wait than there is room for, of one client and of all', async () => {
  const pool = new SessionPool({ sessions: 1 }, open);
  const held = await pool.acquire('client 0');
  const waiting: Promise<Session>[] = [];
  for (let n = 0; n < 1000; n++) waiting.push(pool.acquire(`client ${Math.floor(n / 200)}`));
  for (const [client, isByClient] of [
    ['client 0', true],
    ['newcomer', false],
  ] as const) {
    const refusal = await pool.acquire(client).catch((error) => error);
    expect(refusal).toBeInstanceOf(PoolExhausted);
    expect(refusal.isByClient).toBe(isByClient);
  }
  pool.release(held);
  for (const session of waiting) pool.release(await session);
  await pool.end();
});
