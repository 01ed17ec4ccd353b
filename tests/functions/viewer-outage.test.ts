/** Redis goes away and comes back: viewers are answered all the same, streams start and stop, counts come right. */
import postgres, { type Sql } from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../stack/supervisor/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { callViewer, goLive } from '../support/watching.ts';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 200 };
const VIEWERS = 8;

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await sql`update private.settings set value = '3600' where key = 'ingest_lease_seconds'`;
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

const join = (streamId: string) => callViewer(stack, { action: 'join', stream_id: streamId });
const beat = (token: string) => callViewer(stack, { action: 'beat', viewer_token: token });
const storedOf = async (streamId: string) => {
  const [row] = await sql`
    select viewer_count, is_live, viewer_seconds::int from public.streams
    join public.stream_sessions on stream_id = streams.id where streams.id = ${streamId}`;
  return row;
};
const newestFlush = async () => {
  const [row] = await sql`
    select ok, error from private.job_runs where job_name = 'flush-viewers' and finished_at is not null order by created_at desc limit 1`;
  return row;
};

/** Stops Redis in its tracks: connections stay, answers do not come. Returns what lets it go on. */
async function freezeRedis(): Promise<() => void> {
  const pid = await stack.pidOf('redis');
  process.kill(pid, 'SIGSTOP');
  return () => process.kill(pid, 'SIGCONT');
}

test('a killed Redis comes back and the counts with it', async () => {
  const { streamId } = await goLive(stack);
  const joined = await Promise.all(Array.from({ length: VIEWERS }, () => join(streamId)));
  const tokens = joined.map(({ body }) => body.viewer_token);
  await stack.killAndAwaitRestart('redis');
  const isRight = async () => {
    const answers = await Promise.all(tokens.map(beat));
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
    return answers.some(({ body }) => body.viewers === VIEWERS && !body.degraded);
  };
  expect(await waitUntil(isRight, { ...PATIENCE, intervalMs: 1000 })).toBe(true);
  const isStored = async () => (await storedOf(streamId))?.viewer_count === VIEWERS;
  expect(await waitUntil(isStored, PATIENCE)).toBe(true);
});

test('a Redis that lost everything is counted up again by the beats, and the seconds go on', async () => {
  const { streamId } = await goLive(stack);
  const joined = await Promise.all(Array.from({ length: VIEWERS }, () => join(streamId)));
  const hasSeconds = async () => (await storedOf(streamId))?.viewer_seconds > 10;
  expect(await waitUntil(hasSeconds, PATIENCE)).toBe(true);
  const before = (await storedOf(streamId))?.viewer_seconds;
  const redis = createClient({ url: stack.config.redisUrl });
  await redis.connect();
  await redis.flushAll();
  await redis.close();
  for (const { body } of joined) expect((await beat(body.viewer_token)).status).toBe(200);
  const hasGoneOn = async () => {
    const stored = await storedOf(streamId);
    return stored?.viewer_count === VIEWERS && stored.viewer_seconds > before;
  };
  expect(await waitUntil(hasGoneOn, PATIENCE)).toBe(true);
});

test('while Redis hangs: the last stored count, streams start and stop, the flush has failed', async () => {
  const { streamId, end } = await goLive(stack);
  const { body } = await join(streamId);
  const isStored = async () => (await storedOf(streamId))?.viewer_count === 1;
  expect(await waitUntil(isStored, PATIENCE)).toBe(true);
  const thaw = await freezeRedis();
  try {
    expect(await beat(body.viewer_token)).toMatchObject({
      status: 200,
      body: { viewers: 1, degraded: true },
    });
    const joined = await join(streamId);
    expect(joined).toMatchObject({ status: 200, body: { viewers: 1, degraded: true } });
    expect(joined.body.viewer_token).toBeTruthy();
    const other = await goLive(stack);
    expect((await storedOf(other.streamId))?.is_live).toBe(true);
    await other.end();
    expect((await storedOf(other.streamId))?.is_live).toBe(false);
    const hasFailed = async () => (await newestFlush())?.ok === false;
    expect(await waitUntil(hasFailed, PATIENCE)).toBe(true);
    expect((await newestFlush())?.error).toBeTruthy();
  } finally {
    thaw();
  }
  const works = async () => (await newestFlush())?.ok === true;
  expect(await waitUntil(works, PATIENCE)).toBe(true);
  expect((await beat(body.viewer_token)).body.degraded).toBeUndefined();
  await end();
}, 150_000);
