/** 10,000 viewers of 50 streams in a whole stack: how many there are is stored exactly. */
import postgres, { type Sql } from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { beatOnce, type CrowdViewer, forAll, gather, openStreams } from '../support/crowd.ts';
import { startStack, type TestStack } from '../support/stack.ts';

const STREAMS = 50;
const HALF = 5_000;
const PATIENCE = { timeoutMs: 150_000, intervalMs: 500 };

let stack: TestStack;
let sql: Sql;
let streams: string[];
let staying: CrowdViewer[];
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  streams = await openStreams(stack, sql, STREAMS);
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

/** How long who joins from now on counts after the last beat. */
const setTtl = (seconds: number) =>
  sql`update private.settings set value = ${sql.json(seconds)} where key = 'viewer_ttl_seconds'`;
const areStored = async (viewers: number) => {
  const [row] = await sql`
    select count(*)::int as streams from public.streams where id = any(${streams}) and viewer_count = ${viewers}`;
  return row?.streams === STREAMS;
};
const beatAll = () => forAll(staying, (viewer) => beatOnce(stack, viewer));

test('as they have all joined; as half of them are silent; after Redis was killed; and after it lost all', async () => {
  await setTtl(280);
  staying = await gather(stack, streams, HALF);
  await setTtl(90);
  await gather(stack, streams, HALF, HALF);
  expect(await waitUntil(() => areStored(200), PATIENCE)).toBe(true);

  expect(await waitUntil(() => areStored(100), PATIENCE)).toBe(true);

  await stack.killAndAwaitRestart('redis');
  const oneOfEach = staying.slice(0, STREAMS);
  const areTold = async () => {
    const said = await forAll(oneOfEach, (viewer) => beatOnce(stack, viewer));
    expect(said.every((viewers) => viewers === null || viewers === 100)).toBe(true);
    return !said.includes(null);
  };
  expect(await waitUntil(areTold, { timeoutMs: 60_000, intervalMs: 1500 })).toBe(true);

  const redis = createClient({ url: stack.config.redisUrl });
  await redis.connect();
  await redis.flushAll();
  await redis.close();
  expect(await waitUntil(() => areStored(0), PATIENCE)).toBe(true);
  expect(await beatAll()).not.toContain(null);
  expect(await waitUntil(() => areStored(100), PATIENCE)).toBe(true);
  const [totals] = await sql`
    select min(peak_viewers)::int as least_peak, max(peak_viewers)::int as most_peak, min(unique_viewers)::int as least_uniques
    from public.stream_sessions where stream_id = any(${streams})`;
  expect(totals).toMatchObject({ least_peak: 200, most_peak: 200 });
  expect(totals?.least_uniques).toBeGreaterThan(190); // a HyperLogLog is off by 0.81 % on average
}, 600_000);
