/** kill -9 mid-stream: each service comes back, the broadcast goes on, no committed row is lost. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  awaitSession,
  type Broadcaster,
  type OwnStream,
  type SessionRow,
  sessionsOf,
  signUpBroadcaster,
  unwrap,
} from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
let broadcaster: Broadcaster;
let stream: OwnStream;
let begun: SessionRow;
beforeAll(async () => {
  live = await startLiveStack();
});
afterAll(() => live?.close());
beforeEach(async () => {
  broadcaster = await signUpBroadcaster(live.stack);
  stream = await broadcaster.createStream();
  const encoder = live.encoder.keepPushing(stream.pushUrl);
  begun = await awaitSession(live.sql, stream.id, ({ status }) => status === 'running');
  return () => encoder.stop();
});

/** What is committed now and must be there afterwards. */
async function committed() {
  const { sql } = live;
  const sessions = await sql`select id, stream_id, user_id from public.stream_sessions order by id`;
  const streams = await sql`select id, title from public.streams order by id`;
  const admissions = await sql`select id, rule from private.admission_log order by id`;
  return { sessions: [...sessions], streams: [...streams], admissions: [...admissions] };
}

async function expectStillThere(before: Awaited<ReturnType<typeof committed>>) {
  const after = await committed();
  expect(after.sessions).toEqual(expect.arrayContaining(before.sessions));
  expect(after.streams).toEqual(expect.arrayContaining(before.streams));
  expect(after.admissions).toEqual(expect.arrayContaining(before.admissions));
}

/** Another broadcaster can go live: the whole chain works again. */
async function expectNewBroadcast() {
  const other = await (await signUpBroadcaster(live.stack)).createStream();
  const push = live.encoder.keepPushing(other.pushUrl);
  await awaitSession(live.sql, other.id, ({ status }) => status === 'running');
  await push.stop();
}

test('Postgres: the publish is not interrupted, and its lease is renewed again', async () => {
  const before = await committed();
  await live.stack.killAndAwaitRestart('postgres');
  await expectStillThere(before);
  const renewed = await awaitSession(live.sql, stream.id, (row) => {
    return row.last_seen_at > begun.last_seen_at;
  });
  expect(renewed).toMatchObject({ id: begun.id, publisher_id: begun.publisher_id });
  expect(renewed).toMatchObject({ status: 'running', disconnected_at: null });
  await expectNewBroadcast();
});

test('Deno: the publish is not interrupted, and its lease is renewed again', async () => {
  const before = await committed();
  await live.stack.killAndAwaitRestart('functions');
  await expectStillThere(before);
  const renewed = await awaitSession(live.sql, stream.id, (row) => {
    return row.last_seen_at > begun.last_seen_at;
  });
  expect(renewed).toMatchObject({ id: begun.id, publisher_id: begun.publisher_id });
  expect(renewed).toMatchObject({ status: 'running', disconnected_at: null });
  await expectNewBroadcast();
});

test('the media server: the encoder reconnects at once and resumes its session', async () => {
  const before = await committed();
  await live.stack.killAndAwaitRestart('media');
  const resumed = await awaitSession(live.sql, stream.id, (row) => {
    return row.publisher_id !== begun.publisher_id && row.disconnected_at === null;
  });
  expect(resumed).toMatchObject({ id: begun.id, status: 'running', resumed_at: expect.any(Date) });
  expect(await sessionsOf(live.sql, stream.id)).toHaveLength(1);
  await expectStillThere(before);
  const row = unwrap(
    await broadcaster.client.from('streams').select('is_live').eq('id', stream.id).single(),
  );
  expect(row.is_live).toBe(true);
});
