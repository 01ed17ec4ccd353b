/** Redis hears of streams that start and end: a key and a channel, from the events. */
import postgres, { type Sql } from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../stack/supervisor/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { goLive } from '../support/watching.ts';

const PATIENCE = { timeoutMs: 45_000, intervalMs: 100 };

let stack: TestStack;
let sql: Sql;
let redis: ReturnType<typeof createClient>;
let listener: ReturnType<typeof createClient>;
const heard: { type: string; stream_id: string; position: number; version: number }[] = [];

beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await sql`update private.settings set value = '3600' where key = 'ingest_lease_seconds'`;
  redis = createClient({ url: stack.config.redisUrl });
  listener = redis.duplicate();
  await Promise.all([redis.connect(), listener.connect()]);
  await listener.subscribe('stream:events', (message) => heard.push(JSON.parse(message)));
});
afterAll(async () => {
  await Promise.all([redis?.close(), listener?.close()]);
  await sql?.end();
  await stack?.stop();
});

const heardOf = (streamId: string) => heard.filter(({ stream_id: id }) => id === streamId);

test('a start and an end are told once each, in order, with their positions; the key comes and goes', async () => {
  const { streamId, end } = await goLive(stack);
  const key = `sb:{${streamId}}:live`;
  expect(await waitUntil(async () => (await redis.get(key)) !== null, PATIENCE)).toBe(true);
  expect(await redis.ttl(key)).toBeGreaterThan(3500);
  await end();
  expect(await waitUntil(async () => (await redis.get(key)) === null, PATIENCE)).toBe(true);
  expect(await waitUntil(() => heardOf(streamId).length === 2, PATIENCE)).toBe(true);
  const events = await sql`
    select event_type as type, aggregate_id as stream_id, position::int, version::int from private.event_log
    where aggregate_id = ${streamId} and event_type in ('StreamStarted', 'StreamEnded') order by position`;
  expect(heardOf(streamId)).toMatchObject([...events]);
});

test('a key that Redis lost is there again after the next flush', async () => {
  const { streamId } = await goLive(stack);
  const key = `sb:{${streamId}}:live`;
  const isThere = async () => (await redis.get(key)) !== null;
  expect(await waitUntil(isThere, PATIENCE)).toBe(true);
  await redis.del(key);
  expect(await waitUntil(isThere, PATIENCE)).toBe(true);
});

test('every key has a time to live', async () => {
  for await (const keys of redis.scanIterator({ MATCH: 'sb:*' })) {
    for (const key of keys) expect([key, await redis.ttl(key)]).toEqual([key, expect.any(Number)]);
    for (const key of keys) expect(await redis.ttl(key), key).not.toBe(-1);
  }
});
