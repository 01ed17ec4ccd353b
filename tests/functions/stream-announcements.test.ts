/** Redis hears of streams that start and end: a key and a channel, from the events. */
import postgres, { type Sql } from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { signUpBroadcaster } from '../support/broadcaster.ts';
import { callHook } from '../support/hook.ts';
import { findKeys, LONGEST_TTL } from '../support/redis-keys.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { callViewer, goLive, hurryFlush, signUp } from '../support/watching.ts';
import { mediaMtx } from './media-servers/mediamtx.ts';

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
  await hurryFlush(sql);
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

test('every key lives as long as DESIGN.md says, and no key is of another kind', async () => {
  const { streamId, end } = await goLive(stack);
  const { token } = await signUp(stack);
  const join = { action: 'join', stream_id: streamId };
  const anonymous = await callViewer(stack, join);
  // An address's key is gone once its requests are paid off: let that take a second, not 20 ms.
  await sql`update private.settings set value = '1' where key = 'viewer_address_requests_per_second'`;
  const seen = new Map<string, number>();
  /** Looks at all keys, and remembers the kinds that there were. */
  const expectBounds = async () => {
    for (const { key, ttl } of await findKeys([stack.config.redisUrl])) {
      const kind = LONGEST_TTL.findIndex(([name]) => name.test(key));
      expect(kind, key).toBeGreaterThanOrEqual(0);
      expect(ttl, key).toBeGreaterThanOrEqual(0);
      expect(ttl, key).toBeLessThanOrEqual(LONGEST_TTL[kind]?.[1] as number);
      seen.set(key, kind);
    }
  };
  const areAllSeen = async () => {
    await callViewer(stack, join, { authorization: `Bearer ${token}` });
    await expectBounds();
    return new Set(seen.values()).size === LONGEST_TTL.length;
  };
  expect(await waitUntil(areAllSeen, PATIENCE)).toBe(true);
  const flushes = async () => {
    const [row] = await sql`
      select count(*)::int as n from private.job_runs where job_name = 'flush-viewers' and ok`;
    return row?.n as number;
  };
  const before = await flushes();
  expect(await waitUntil(async () => (await flushes()) > before + 1, PATIENCE)).toBe(true);
  await callViewer(stack, { action: 'beat', viewer_token: anonymous.body.viewer_token });
  await expectBounds();
  await callViewer(stack, { action: 'leave', viewer_token: anonymous.body.viewer_token });
  await expectBounds();
  await end();
  const hasEnded = async () => (await redis.exists(`sb:{${streamId}}:live`)) === 0;
  expect(await waitUntil(hasEnded, PATIENCE)).toBe(true);
  await expectBounds();
});

test('while no flush runs, a start is told when the hook was answered; an end by the next flush', async () => {
  const enableFlush = (enabled: boolean) =>
    sql`update private.scheduled_jobs set enabled = ${enabled} where name = 'flush-viewers'`;
  await enableFlush(false);
  await sql`update private.settings set value = '1' where key = 'ingest_reconnect_grace_seconds'`;
  const { id: streamId, key } = await (await signUpBroadcaster(stack)).createStream();
  const publisher = { streamId, key, id: mediaMtx.publisherId(1), ip: '198.51.100.7' };
  for (const body of mediaMtx.publish(publisher)) {
    expect(await callHook(stack, body)).toMatchObject({ status: 200 });
  }
  const joined = await callViewer(stack, { action: 'join', stream_id: streamId });
  expect(joined).toMatchObject({ status: 200, body: { viewers: 1 } });
  const live = `sb:{${streamId}}:live`;
  expect(await waitUntil(async () => (await redis.exists(live)) === 1, PATIENCE)).toBe(true);
  await callHook(stack, mediaMtx.unpublish(publisher));
  await enableFlush(true);
  expect(await waitUntil(async () => (await redis.exists(live)) === 0, PATIENCE)).toBe(true);
  expect(await waitUntil(() => heardOf(streamId).length === 2, PATIENCE)).toBe(true);
  expect(heardOf(streamId).map(({ type }) => type)).toEqual(['StreamStarted', 'StreamEnded']);
});
