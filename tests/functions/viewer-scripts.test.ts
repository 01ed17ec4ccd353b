/** The scripts behind viewer counts, by themselves, on a Redis Cluster of three masters. */
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keysOf } from '../../functions/_shared/viewers/keys.ts';
import {
  admitAddress,
  countViewers,
  finishSession,
  leaveStream,
  touchViewer,
} from '../../functions/_shared/viewers/scripts.ts';
import {
  admitCommand,
  leaveCommand,
  touchCommand,
  type Viewing,
} from '../../functions/viewer/viewing.ts';
import { waitUntil } from '../../lib/wait.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';

const connect = (urls: readonly string[]) =>
  createCluster({ rootNodes: urls.map((url) => ({ url })) });

let cluster: RedisCluster;
let client: ReturnType<typeof connect>;
beforeAll(async () => {
  cluster = await startRedisCluster();
  client = connect(cluster.urls);
  await client.connect();
});
afterAll(async () => {
  await client?.close();
  await cluster?.stop();
});

interface Touch {
  readonly stream: string;
  readonly viewer: string;
  readonly session?: string;
  readonly started?: number;
  readonly tab?: string;
  readonly ttlMs?: number;
}

const viewingOf = ({ stream, viewer, session, started, tab, ttlMs }: Touch): Viewing => ({
  streamId: stream,
  sessionId: session ?? 'session-1',
  startedAt: started ?? 1,
  viewerId: viewer,
  tabId: tab ?? '',
  ttlMs: ttlMs ?? 45_000,
  beats: { intervalMs: 1000, burst: 5 },
  requests: { intervalMs: 20, burst: 200 },
});

async function touch(given: Touch) {
  const [viewers = 0, waitMs = 0] = await touchViewer(client, ...touchCommand(viewingOf(given)));
  return { viewers, waitMs };
}

async function leave(stream: string, viewer: string, tab = '') {
  const [viewers] = await leaveStream(client, ...leaveCommand(viewingOf({ stream, viewer, tab })));
  return viewers;
}

const countOf = ([session, at, viewers, peak, uniques, seconds]: Awaited<
  ReturnType<typeof finishSession>
>) => ({
  session,
  at: Number(at),
  viewers,
  peak,
  uniques: Number(uniques),
  seconds: Number(seconds),
});

async function count(
  stream: string,
  { session = 'session-1', started = 1, peak = 0, seconds = 0 } = {},
) {
  const keys = keysOf(stream);
  return countOf(
    await countViewers(
      client,
      [keys.viewers, keys.meter, keys.uniques, keys.live],
      [session, String(started), String(peak), String(seconds), 'now'],
    ),
  );
}

async function finish(stream: string, session = 'session-1') {
  const keys = keysOf(stream);
  return countOf(await finishSession(client, [keys.viewers, keys.meter, keys.uniques], [session]));
}

const newStream = () => crypto.randomUUID();

test('10,000 viewers of 50 streams are counted exactly, and exactly again when half of them are silent', async () => {
  const streams = Array.from({ length: 50 }, newStream);
  const viewers = Array.from({ length: 200 }, (_, n) => `viewer-${n}`);
  const staying = (n: number) => n % 2 === 0;
  const touchAll = async (ttlMs: (n: number) => number) => {
    for (const stream of streams) {
      await Promise.all(viewers.map((viewer, n) => touch({ stream, viewer, ttlMs: ttlMs(n) })));
    }
  };
  await touchAll((n) => (staying(n) ? 200_000 : 30_000));
  for (const stream of streams)
    expect(await count(stream)).toMatchObject({ viewers: 200, peak: 200 });
  const isHalf = async () => {
    const counts = await Promise.all(streams.map((stream) => count(stream)));
    return counts.every((one) => one.viewers === 100);
  };
  expect(await waitUntil(isHalf, { timeoutMs: 60_000, intervalMs: 500 })).toBe(true);
  for (const stream of streams) {
    const { viewers: now, peak, uniques } = await count(stream);
    expect([now, peak]).toEqual([100, 200]);
    expect(Math.abs(uniques - 200)).toBeLessThanOrEqual(6); // a HyperLogLog is off by 0.81 % on average
  }
}, 150_000);

describe('the meter', () => {
  test('adds up just the time that each viewer counted', async () => {
    const stream = newStream();
    await touch({ stream, viewer: 'brief', ttlMs: 1_000 });
    await touch({ stream, viewer: 'short', ttlMs: 3_000 });
    const isOver = async () => (await count(stream)).viewers === 0;
    expect(await waitUntil(isOver, { timeoutMs: 60_000, intervalMs: 100 })).toBe(true);
    expect((await count(stream)).seconds).toBe(4);
    expect((await count(stream)).seconds).toBe(4);
  });

  test('goes on from what is stored, once, where Redis lost its data', async () => {
    const stream = newStream();
    await touch({ stream, viewer: 'a' });
    expect(await count(stream, { peak: 70, seconds: 5000 })).toMatchObject({ peak: 70 });
    const { seconds } = await count(stream, { peak: 70, seconds: 5000 });
    expect(seconds).toBeGreaterThanOrEqual(5000);
    expect(seconds).toBeLessThan(5100);
  });

  test('begins anew with a new session, whose viewers are those that are there', async () => {
    const stream = newStream();
    for (const viewer of ['a', 'b', 'c']) await touch({ stream, viewer });
    await count(stream, { seconds: 900 });
    expect(await leave(stream, 'c')).toBe(2);
    expect(await count(stream, { session: 'session-2', started: 2 })).toMatchObject({
      session: 'session-2',
      viewers: 2,
      peak: 2,
      uniques: 2,
      seconds: 0,
    });
  });

  test('a viewer with the last session’s token counts in the present one and does not bring the old back', async () => {
    const stream = newStream();
    await touch({ stream, viewer: 'a', session: 'session-2', started: 2 });
    expect(await touch({ stream, viewer: 'b' })).toMatchObject({ viewers: 2 });
    expect((await count(stream)).session).toBe('session-2');
  });
});

describe('a session that has ended', () => {
  test('is counted by itself', async () => {
    const stream = newStream();
    for (const viewer of ['a', 'b', 'c']) await touch({ stream, viewer });
    await leave(stream, 'c');
    expect(await finish(stream)).toMatchObject({
      ...{ session: 'session-1', viewers: 2, peak: 3, uniques: 3 },
    });
  });

  test('is counted after the stream’s next has begun, as of then', async () => {
    const stream = newStream();
    await touch({ stream, viewer: 'a', ttlMs: 2_000 });
    const isOver = async () => (await finish(stream)).viewers === 0;
    expect(await waitUntil(isOver, { timeoutMs: 60_000, intervalMs: 100 })).toBe(true);
    await touch({ stream, viewer: 'b', session: 'session-2', started: 2 });
    await touch({ stream, viewer: 'c', session: 'session-2', started: 2 });
    const last = await finish(stream);
    expect(last).toMatchObject({ session: 'session-1', viewers: 0, peak: 1, seconds: 2 });
    expect(await finish(stream)).toEqual(last);
    expect(await finish(stream, 'session-2')).toMatchObject({ viewers: 2, peak: 2, seconds: 0 });
  });

  test('that Redis does not know is nobody’s', async () => {
    const stream = newStream();
    expect((await finish(stream)).session).toBeNull();
    await touch({ stream, viewer: 'a' });
    expect((await finish(stream, 'another')).session).toBeNull();
  });
});

describe('rate limits', () => {
  const admit = (address: string, burst: number, intervalMs = 60_000) =>
    admitAddress(client, ...admitCommand(address, { intervalMs, burst }));

  test('a viewer’s burst, then no more, and the time to wait', async () => {
    const stream = newStream();
    const answers = [];
    for (let n = 0; n < 7; n++) answers.push(await touch({ stream, viewer: 'a' }));
    expect(answers.map(({ waitMs }) => waitMs > 0)).toEqual([...Array(5).fill(false), true, true]);
    expect(answers.at(-1)?.waitMs).toBeLessThanOrEqual(1000);
  });

  test('an address’ burst, however many ask at once, and nobody else’s', async () => {
    const address = newStream();
    const waits = await Promise.all(Array.from({ length: 30 }, () => admit(address, 3)));
    expect(waits.filter((wait) => wait > 0)).toHaveLength(27);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(await admit(newStream(), 3)).toBe(0);
  });

  test('an address may go on at the steady rate', async () => {
    const address = newStream();
    expect(await admit(address, 1, 300)).toBe(0);
    expect(await admit(address, 1, 300)).toBeGreaterThan(0);
    const isAdmitted = async () => (await admit(address, 1, 300)) === 0;
    expect(await waitUntil(isAdmitted, { timeoutMs: 60_000, intervalMs: 50 })).toBe(true);
  });

  test('a refused request counts nobody', async () => {
    const stream = newStream();
    for (let n = 0; n < 6; n++) await touch({ stream, viewer: 'a', ttlMs: 500 });
    const isGone = async () => (await count(stream)).viewers === 0;
    expect(await waitUntil(isGone, { timeoutMs: 60_000, intervalMs: 50 })).toBe(true);
  });
});

test('a tab whose user has others open leaves alone', async () => {
  const stream = newStream();
  await touch({ stream, viewer: 'u', tab: '1' });
  await touch({ stream, viewer: 'u', tab: '2' });
  expect(await leave(stream, 'u', '1')).toBe(1);
  expect(await leave(stream, 'u', '2')).toBe(0);
});
