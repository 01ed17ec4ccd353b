/** Redis goes away and comes back: viewers are answered all the same, streams start and stop, counts come right. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import postgres, { type Sql } from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { callViewer, goLive, hurryFlush } from '../support/watching.ts';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 200 };
const VIEWERS = 8;

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await sql`update private.settings set value = '3600' where key = 'ingest_lease_seconds'`;
  await hurryFlush(sql);
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

/** What holds without Redis, of a stream whose stored count is this. */
async function expectDegraded(streamId: string, token: string, viewers: number): Promise<void> {
  expect(await beat(token)).toMatchObject({ status: 200, body: { viewers, degraded: true } });
  const joined = await join(streamId);
  expect(joined).toMatchObject({ status: 200, body: { viewers, degraded: true } });
  expect(joined.body.viewer_token).toBeTruthy();
  const other = await goLive(stack);
  expect((await storedOf(other.streamId))?.is_live).toBe(true);
  await other.end();
  expect((await storedOf(other.streamId))?.is_live).toBe(false);
  const hasFailed = async () => (await newestFlush())?.ok === false;
  expect(await waitUntil(hasFailed, PATIENCE)).toBe(true);
  expect((await newestFlush())?.error).toBeTruthy();
}

/** Stops Redis in its tracks: connections stay, answers do not come. Returns what lets it go on. */
async function freezeRedis(): Promise<() => void> {
  const pid = await stack.pidOf('redis');
  process.kill(pid, 'SIGSTOP');
  return () => process.kill(pid, 'SIGCONT');
}

/** Kills Redis and takes its port, so that it cannot come back. Returns what gives the port up. */
async function banishRedis(): Promise<() => Promise<void>> {
  const { hostname, port } = new URL(stack.config.redisUrl);
  const squatter = createServer((socket) => socket.destroy());
  const takePort = () =>
    new Promise<boolean>((resolve) => {
      squatter.once('error', () => resolve(false));
      squatter.listen(Number(port), hostname, () => resolve(true));
    });
  const isTaken = async () => {
    await stack.kill9('redis').catch(() => {}); // it does not run between two starts
    return takePort();
  };
  expect(await waitUntil(isTaken, { timeoutMs: 60_000, intervalMs: 10 })).toBe(true);
  return async () => {
    squatter.close();
    await once(squatter, 'close');
  };
}

test('while Redis is dead: the last stored count, streams start and stop, the flush has failed; then all is right', async () => {
  const { streamId } = await goLive(stack);
  const joined = await Promise.all(Array.from({ length: VIEWERS }, () => join(streamId)));
  const tokens = joined.map(({ body }) => body.viewer_token);
  const isStored = async () => (await storedOf(streamId))?.viewer_count === VIEWERS;
  expect(await waitUntil(isStored, PATIENCE)).toBe(true);
  const giveBack = await banishRedis();
  try {
    await expectDegraded(streamId, tokens[0] as string, VIEWERS);
  } finally {
    await giveBack();
  }
  await stack.waitFor('redis', ({ ready }) => ready);
  const isRight = async () => {
    const answers = await Promise.all(tokens.map(beat));
    return answers.every(({ body }) => body.viewers === VIEWERS && !body.degraded);
  };
  expect(await waitUntil(isRight, { ...PATIENCE, intervalMs: 1500 })).toBe(true);
  const works = async () => (await newestFlush())?.ok === true;
  expect(await waitUntil(works, PATIENCE)).toBe(true);
  expect(await isStored()).toBe(true);
}, 200_000);

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
    await expectDegraded(streamId, body.viewer_token, 1);
  } finally {
    thaw();
  }
  const works = async () => (await newestFlush())?.ok === true;
  expect(await waitUntil(works, PATIENCE)).toBe(true);
  expect((await beat(body.viewer_token)).body.degraded).toBeUndefined();
  await end();
}, 150_000);
