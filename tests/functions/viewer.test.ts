/** Counting viewers: who may, how many, how often. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { ownError } from '../support/own-error.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { type Broadcast, callViewer, goLive, hurryFlush, signUp } from '../support/watching.ts';

let stack: TestStack;
let sql: Sql;

const setSetting = (key: string, value: number) =>
  sql`update private.settings set value = to_jsonb(${value}::int) where key = ${key}`;
const PATIENCE = { timeoutMs: 45_000, intervalMs: 200 };

beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await setSetting('ingest_lease_seconds', 3600);
  await setSetting('viewer_ttl_seconds', 6);
  await hurryFlush(sql);
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

const join = (streamId: string, headers?: Record<string, string>) =>
  callViewer(stack, { action: 'join', stream_id: streamId }, headers);
const beat = (token: string, headers?: Record<string, string>) =>
  callViewer(stack, { action: 'beat', viewer_token: token }, headers);
const leave = (token: string) => callViewer(stack, { action: 'leave', viewer_token: token });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
/** Joins without a gateway, which would overwrite the address. */
const joinFrom = async (address: string, streamId: string): Promise<number> => {
  const answer = await fetch(`${stack.config.functionsUrl}/functions/v1/viewer`, {
    method: 'POST',
    headers: { apikey: stack.keys.publishable, 'x-real-ip': address },
    body: JSON.stringify({ action: 'join', stream_id: streamId }),
  });
  await answer.body?.cancel();
  return answer.status;
};
const storedOf = async (streamId: string) => {
  const [row] = await sql`
    select stream.viewer_count, stream.peak_viewers, session.unique_viewers, session.viewer_seconds::int, session.average_viewers::float
    from public.streams as stream join public.stream_sessions as session on session.stream_id = stream.id
    where stream.id = ${streamId}`;
  return row;
};

describe('who may join', () => {
  test('anybody with the publishable key, a stream that is public and live', async () => {
    const { streamId } = await goLive(stack);
    const { status, body } = await join(streamId);
    expect(status).toBe(200);
    expect(body).toEqual({ viewer_token: expect.any(String), heartbeat_seconds: 15, viewers: 1 });
  });

  test('supabase-js as it is, signed in or not', async () => {
    const { streamId } = await goLive(stack);
    const body = { action: 'join', stream_id: streamId };
    const anonymous = createClient(stack.config.apiUrl, stack.keys.publishable);
    expect((await anonymous.functions.invoke('viewer', { body })).data).toMatchObject({
      viewers: 1,
    });
    const signedIn = createClient(stack.config.apiUrl, stack.keys.publishable, {
      global: { headers: { Authorization: `Bearer ${(await signUp(stack)).token}` } },
    });
    expect((await signedIn.functions.invoke('viewer', { body })).data).toMatchObject({
      viewers: 2,
    });
  });

  test('nobody without a key, or with a wrong one', async () => {
    const { streamId } = await goLive(stack);
    const strangers: Record<string, string>[] = [
      {},
      { apikey: 'sb_publishable_x' },
      bearer('x.y.z'),
    ];
    for (const stranger of strangers) {
      expect(await join(streamId, stranger)).toMatchObject(ownError('unauthorized'));
    }
  });

  test('only the owner a private stream; 404 for others', async () => {
    const { streamId, ownerToken } = await goLive(stack, 'private');
    expect((await join(streamId)).body).toMatchObject({ details: 'stream_not_found' });
    const { token } = await signUp(stack);
    expect((await join(streamId, bearer(token))).status).toBe(404);
    expect((await join(streamId, bearer(ownerToken))).body.viewers).toBe(1);
  });

  test('nobody a stream that is not live, or that does not exist', async () => {
    const { streamId, end } = await goLive(stack);
    await end();
    expect(await join(streamId)).toMatchObject({
      status: 409,
      body: { details: 'stream_not_live' },
    });
    expect(await join(crypto.randomUUID())).toMatchObject({
      status: 404,
      body: { details: 'stream_not_found' },
    });
  });
});

describe('counting', () => {
  test('three join, one leaves', async () => {
    const { streamId } = await goLive(stack);
    await join(streamId);
    await join(streamId);
    const { body } = await join(streamId);
    expect(body.viewers).toBe(3);
    expect((await leave(body.viewer_token)).body).toEqual({ viewers: 2 });
    expect((await leave(body.viewer_token)).body).toEqual({ viewers: 2 });
  });

  test('a signed-in user counts once in all tabs, until the last one leaves', async () => {
    const { streamId } = await goLive(stack);
    const { token } = await signUp(stack);
    const first = await join(streamId, bearer(token));
    const second = await join(streamId, bearer(token));
    expect(second.body.viewers).toBe(1);
    expect((await leave(first.body.viewer_token)).body.viewers).toBe(1);
    expect((await leave(second.body.viewer_token)).body.viewers).toBe(0);
  });

  test('who is silent for the time of the setting counts no more; who beats does', async () => {
    const { streamId } = await goLive(stack);
    const staying = await join(streamId);
    await join(streamId);
    const isAlone = async () => (await beat(staying.body.viewer_token)).body.viewers === 1;
    expect(await waitUntil(isAlone, { timeoutMs: 60_000, intervalMs: 1100 })).toBe(true);
  });

  test('a token that was changed or made up is refused', async () => {
    const { streamId } = await goLive(stack);
    const other = await goLive(stack);
    const { body } = await join(streamId);
    for (const token of ['', 'x', body.viewer_token.replace(streamId, other.streamId)]) {
      expect(await beat(token)).toMatchObject(ownError('viewer_token_invalid'));
    }
  });

  test.each([
    {},
    { action: 'dance' },
    { action: 'join', stream_id: 'x' },
    { action: 'beat' },
    null,
  ])('the request %j is refused', async (body) => {
    expect(await callViewer(stack, body)).toMatchObject(ownError('request_malformed'));
  });
});

describe('limits', () => {
  test('a viewer that beats without a pause is told how long to wait, and goes on counting', async () => {
    const { streamId } = await goLive(stack);
    const { body } = await join(streamId);
    const answers = await Promise.all(Array.from({ length: 12 }, () => beat(body.viewer_token)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(refused[0]).toMatchObject({ ...ownError('too_many_requests'), retryAfter: '1' });
    expect((await join(streamId)).body.viewers).toBe(2);
  });

  test('an address’ requests are of all streams together', async () => {
    const broadcasts: Broadcast[] = [];
    for (let n = 0; n < 8; n++) broadcasts.push(await goLive(stack));
    await setSetting('viewer_address_requests_burst', 2);
    await setSetting('viewer_address_requests_per_second', 1);
    const isHeldUp = async () => {
      const answers = await Promise.all(broadcasts.map(({ streamId }) => join(streamId)));
      return answers.some(({ status }) => status === 429);
    };
    try {
      expect(await waitUntil(isHeldUp, PATIENCE)).toBe(true);
    } finally {
      await setSetting('viewer_address_requests_burst', 200);
      await setSetting('viewer_address_requests_per_second', 50);
    }
  });

  test('an address that joins without end is held up, whatever it claims to be', async () => {
    const { streamId } = await goLive(stack);
    const claim = (n: number) => ({
      apikey: stack.keys.publishable,
      'x-forwarded-for': `192.0.2.${n}`,
      'x-real-ip': `192.0.2.${n}`,
      'cf-connecting-ip': `192.0.2.${n}`,
    });
    await setSetting('viewer_address_requests_burst', 5);
    const isHeldUp = async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => join(streamId, claim(n))),
      );
      return answers.some(({ status }) => status === 429);
    };
    try {
      expect(await waitUntil(isHeldUp, PATIENCE)).toBe(true);
    } finally {
      await setSetting('viewer_address_requests_burst', 200);
    }
  });

  test('an IPv6 client is its network, however many of its addresses it uses', async () => {
    const { streamId } = await goLive(stack);
    await setSetting('viewer_address_requests_burst', 2);
    await setSetting('viewer_address_requests_per_second', 1);
    const statuses = (addresses: string[]) =>
      Promise.all(addresses.map((address) => joinFrom(address, streamId)));
    const isHeldUp = async () =>
      (await statuses(['2001:db8:0:7::1', '2001:db8:0:7::2', '2001:db8:0:7:8::3'])).includes(429);
    try {
      expect(await waitUntil(isHeldUp, PATIENCE)).toBe(true);
      expect(await joinFrom('2001:db8:0:8::1', streamId)).toBe(200);
    } finally {
      await setSetting('viewer_address_requests_burst', 200);
      await setSetting('viewer_address_requests_per_second', 50);
    }
  });
});

test('what was counted reaches the stream, its session and its history', async () => {
  const { streamId, ownerToken } = await goLive(stack);
  const [first] = await Promise.all([join(streamId), join(streamId), join(streamId)]);
  const isStored = async () => (await storedOf(streamId))?.peak_viewers === 3;
  expect(await waitUntil(isStored, PATIENCE)).toBe(true);
  await beat(first.body.viewer_token);
  const isUpToDate = async () => (await storedOf(streamId))?.viewer_count < 3;
  expect(await waitUntil(isUpToDate, PATIENCE)).toBe(true);
  const stored = await storedOf(streamId);
  expect(stored).toMatchObject({ peak_viewers: 3, unique_viewers: 3 });
  expect(stored?.viewer_seconds).toBeGreaterThanOrEqual(12);
  const owner = createClient(stack.config.apiUrl, stack.keys.publishable, {
    global: { headers: { Authorization: `Bearer ${ownerToken}` } },
  });
  const { data } = await owner.rpc('get_viewer_history', { stream_id: streamId });
  expect(Math.max(...data.map((row: { peak_viewers: number }) => row.peak_viewers))).toBe(3);
});
