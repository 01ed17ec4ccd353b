/** Frames, to the byte, where realtime-js would hide what is wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { connectRaw, type RawSocket } from '../support/raw-socket.ts';
import { startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
let socket: RawSocket;
beforeAll(async () => {
  realtime = await startRealtime();
  socket = await connectRaw(realtime.gateway);
});
afterAll(async () => {
  socket?.end();
  await realtime?.stop();
});

async function answers(count: number, ...frames: unknown[]): Promise<unknown[]> {
  const before = socket.frames.length;
  for (const frame of frames) socket.send(frame);
  const arrived = async () => socket.frames.length >= before + count;
  if (!(await waitUntil(arrived, { timeoutMs: 60_000, intervalMs: 10 }))) {
    throw new Error(`only ${JSON.stringify(socket.frames.slice(before))}`);
  }
  return socket.frames.slice(before);
}

const ok = { status: 'ok', response: {} };

test('a heartbeat is answered', async () => {
  expect(await answers(1, [null, '17', 'phoenix', 'heartbeat', {}])).toEqual([
    [null, '17', 'phoenix', 'phx_reply', ok],
  ]);
});

test('a join is answered, then the presence, and a leave by an end', async () => {
  const join = [
    '1',
    '1',
    'realtime:a',
    'phx_join',
    { config: { presence: { enabled: true, key: 'k' } } },
  ];
  expect(await answers(2, join)).toEqual([
    ['1', '1', 'realtime:a', 'phx_reply', { status: 'ok', response: { postgres_changes: [] } }],
    [null, null, 'realtime:a', 'presence_state', {}],
  ]);
  expect(await answers(2, ['1', '2', 'realtime:a', 'phx_leave', {}])).toEqual([
    ['1', '2', 'realtime:a', 'phx_reply', ok],
    ['1', null, 'realtime:a', 'phx_close', {}],
  ]);
});

test('a second join of a topic ends the first', async () => {
  await answers(1, ['3', '3', 'realtime:b', 'phx_join', {}]);
  const [close, reply] = await answers(2, ['4', '4', 'realtime:b', 'phx_join', {}]);
  expect(close).toEqual(['3', null, 'realtime:b', 'phx_close', {}]);
  expect(reply).toMatchObject(['4', '4', 'realtime:b', 'phx_reply', { status: 'ok' }]);
});

test('who asks is told that the database is being listened to', async () => {
  const config = { broadcast: { replication_ready: true } };
  const [, system] = await answers(2, ['5', '5', 'realtime:c', 'phx_join', { config }]);
  expect(system).toEqual([
    null,
    null,
    'realtime:c',
    'system',
    {
      extension: 'system',
      status: 'ok',
      message: 'Replication connection established',
      channel: 'c',
    },
  ]);
});

test('a frame for a topic that was not joined is refused', async () => {
  const [reply] = await answers(1, ['6', '7', 'realtime:none', 'broadcast', {}]);
  expect(reply).toEqual([
    '6',
    '7',
    'realtime:none',
    'phx_reply',
    { status: 'error', response: { reason: 'unmatched topic' } },
  ]);
});
