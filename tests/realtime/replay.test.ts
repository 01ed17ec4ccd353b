/** Who joins a private topic may ask for what the database sent before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { connectRaw } from '../support/raw-socket.ts';
import { type Listener, listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime();
  await realtime.gateway.sql`
    create policy "all but secrets" on realtime.messages for select to anon
    using (realtime.topic() not like 'secret%' or extension = 'presence')`;
});
afterAll(() => realtime?.stop());

async function say(topic: string, ...numbers: number[]): Promise<void> {
  for (const n of numbers) {
    await realtime.gateway
      .sql`select realtime.send(jsonb_build_object('n', ${n}::int), 'said', ${topic})`;
  }
}

const replaying = (topic: string, replay: { since: number; limit?: number }) =>
  listen(realtime.gateway.anon(), topic, { config: { private: true, broadcast: { replay } } });
const numbers = ({ payloads }: Listener) => payloads.map(({ n }) => n);

test('what was sent since a moment comes first, marked, and what is sent now after it', async () => {
  const present = await listen(realtime.gateway.anon(), 'past', { config: { private: true } });
  await say('past', 1, 2, 3);
  await present.until(() => present.heard.length === 3);
  const [row] = await realtime.gateway.sql`
    select extract(epoch from max(inserted_at)) * 1000 as at from realtime.messages where topic = 'past'`;
  const all = await replaying('past', { since: 0 });
  const few = await replaying('past', { since: 0, limit: 2 });
  const none = await replaying('past', { since: Math.ceil(Number(row?.at)) + 1 });
  await say('past', 4);
  for (const listener of [all, few, none]) {
    await listener.until(() => numbers(listener).includes(4));
  }
  expect(numbers(all)).toEqual([1, 2, 3, 4]);
  expect(numbers(few)).toEqual([2, 3, 4]);
  expect(numbers(none)).toEqual([4]);
  const isReplayed = all.heard.map(({ meta }) => (meta as { replayed?: boolean })?.replayed);
  expect(isReplayed).toEqual([true, true, true, undefined]);
});

test('messages of one transaction come in their order, at most 25 of them', async () => {
  await realtime.gateway.sql`
    select realtime.send(jsonb_build_object('n', n), 'said', 'many') from generate_series(1, 40) n`;
  const listener = await replaying('many', { since: 0, limit: 1000 });
  await listener.until(() => listener.heard.length >= 25);
  expect(numbers(listener)).toEqual(Array.from({ length: 25 }, (_, index) => index + 16));
});

test('nothing is lost and nothing comes twice while others send', async () => {
  let isOver = false;
  let last = 0;
  const talk = (async () => {
    while (!isOver && last < 5_000) {
      last += 1;
      await say('busy', last);
    }
  })();
  const listeners: Listener[] = [];
  for (let round = 0; round < 10; round += 1) {
    listeners.push(await replaying('busy', { since: 0, limit: 5 }));
  }
  isOver = true;
  await talk;
  for (const listener of listeners) {
    await listener.until(() => numbers(listener).includes(last));
    const heard = (numbers(listener) as number[]).sort((a, b) => a - b);
    const first = heard[0] as number;
    expect(heard).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index));
  }
});

test('who may not read broadcasts is refused', async () => {
  await say('secret', 1);
  const { states } = await replaying('secret', { since: 0 });
  expect(states[0]).toContain(
    'Unauthorized: You do not have permissions to read from this Channel topic: secret',
  );
});

test.for([
  ['a public topic', { private: false, broadcast: { replay: { since: 0 } } }, 'public channels'],
  ['no moment', { private: true, broadcast: { replay: {} } }, 'Replay params are not valid'],
  ['a moment that is none', { private: true, broadcast: { replay: { since: 'x' } } }, 'since'],
] as const)('%s is refused', async ([, config, reason]) => {
  const socket = await connectRaw(realtime.gateway);
  socket.join('past', config);
  const answered = async () => socket.frames.length > 0;
  expect(await waitUntil(answered, { timeoutMs: 60_000 })).toBe(true);
  expect(JSON.stringify(socket.frames[0])).toMatch(new RegExp(`"status":"error".*${reason}`));
  socket.end();
});
