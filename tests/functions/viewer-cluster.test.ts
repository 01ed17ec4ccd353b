/** The functions on a Redis Cluster of three masters, from joining to what is stored. */
import postgres, { type Sql } from 'postgres';
import { createCluster } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { findKeys, LONGEST_TTL } from '../support/redis-keys.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { type Broadcast, callViewer, goLive, hurryFlush, signUp } from '../support/watching.ts';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 200 };

let cluster: RedisCluster;
let stack: TestStack;
let sql: Sql;
let broadcasts: Broadcast[];
beforeAll(async () => {
  cluster = await startRedisCluster();
  const [url] = cluster.urls;
  stack = await startStack({ env: { REDIS_URL: url, REDIS_CLUSTER: '1' } });
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await sql`update private.settings set value = '3600' where key = 'ingest_lease_seconds'`;
  await hurryFlush(sql);
  broadcasts = [];
  const masters = new Set<number>();
  for (let n = 0; n < 8 || (masters.size < cluster.urls.length && n < 80); n++) {
    const broadcast = await goLive(stack);
    broadcasts.push(broadcast);
    masters.add(await cluster.masterOf(`sb:{${broadcast.streamId}}:live`));
  }
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
  await cluster?.stop();
});

const streamIds = () => broadcasts.map(({ streamId }) => streamId);
const join = (streamId: string, headers?: Record<string, string>) =>
  callViewer(stack, { action: 'join', stream_id: streamId }, headers);

test('viewers of streams on all nodes join, beat and leave, and are stored', async () => {
  for (const streamId of streamIds()) {
    const { token } = await signUp(stack);
    const first = await join(streamId, { authorization: `Bearer ${token}` });
    const { body } = await join(streamId);
    expect(body).toMatchObject({ viewers: 2 });
    expect(body.degraded).toBeUndefined();
    const beat = await callViewer(stack, { action: 'beat', viewer_token: body.viewer_token });
    expect(beat.body).toEqual({ viewers: 2 });
    const left = await callViewer(stack, {
      action: 'leave',
      viewer_token: first.body.viewer_token,
    });
    expect(left.body).toEqual({ viewers: 1 });
  }
  const areStored = async () => {
    const [row] = await sql`
      select count(*)::int as n from public.streams where id = any(${streamIds()}) and viewer_count = 1 and peak_viewers = 2`;
    return row?.n === broadcasts.length;
  };
  expect(await waitUntil(areStored, PATIENCE)).toBe(true);
});

test('every key is in its place, and has a time to live', async () => {
  const client = createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) });
  await client.connect();
  const isLive = async () => {
    const live = await Promise.all(streamIds().map((id) => client.get(`sb:{${id}}:live`)));
    return live.every((since) => since !== null);
  };
  expect(await waitUntil(isLive, PATIENCE)).toBe(true);
  await client.close();
  for (const url of cluster.urls) expect((await findKeys([url])).length).toBeGreaterThan(0);
  for (const { key, ttl } of await findKeys(cluster.urls)) {
    const longest = LONGEST_TTL.find(([name]) => name.test(key))?.[1];
    expect(ttl, key).toBeGreaterThanOrEqual(0);
    expect(ttl, key).toBeLessThanOrEqual(longest ?? -1);
  }
});

test('an end is told, and its last numbers are stored', async () => {
  const { streamId, sessionId, end } = broadcasts[0] as Broadcast;
  await join(streamId);
  await end();
  const isCounted = async () => {
    const [row] = await sql`
      select from private.viewer_samples as sample join public.stream_sessions as session on session.id = sample.session_id
      where session.id = ${sessionId} and sample.created_at >= date_trunc('milliseconds', session.stopped_at)`;
    return row !== undefined;
  };
  expect(await waitUntil(isCounted, PATIENCE)).toBe(true);
  const keys = await findKeys(cluster.urls);
  expect(keys.map(({ key }) => key)).not.toContain(`sb:{${streamId}}:live`);
});
