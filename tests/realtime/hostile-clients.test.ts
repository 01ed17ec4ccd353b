/** Hostile and slow clients are sent away with a reason, and nobody else notices. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectRaw, type RawSocket } from '../support/raw-socket.ts';
import { Listener, listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
let bystander: Listener;
let hostile: RawSocket;

beforeAll(async () => {
  realtime = await startRealtime();
});
afterAll(() => realtime?.stop());
beforeEach(async () => {
  bystander = await listen(realtime.gateway.anon(), 'peace');
  hostile = await connectRaw(realtime.gateway);
});
afterEach(async () => {
  hostile.end();
  const speaker = await listen(realtime.gateway.anon(), 'peace');
  await speaker.channel.send({ type: 'broadcast', event: 'still', payload: { here: true } });
  await bystander.until(() => bystander.payloads.some(({ here }) => here === true));
  expect(bystander.states).toEqual(['SUBSCRIBED']);
});

test('an oversized frame', async () => {
  hostile.sendRaw('x'.repeat(3_000_001));
  expect(await hostile.untilClosed()).toMatchObject({ code: 1009 });
});

test.for([
  ['no JSON', 'junk'],
  ['JSON that is no frame', '{"topic":1}'],
  ['an array that is no frame', '[1,2,3]'],
  ['bytes of an unknown kind', new Uint8Array([9, 1, 1, 1, 1, 1, 1])],
  ['bytes that end too early', new Uint8Array([3, 200, 1, 1, 1, 1, 1])],
] as const)('%s', async ([, data]) => {
  hostile.sendRaw(data);
  expect(await hostile.untilClosed()).toEqual({
    code: 1007,
    reason: 'A frame could not be understood',
  });
});

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const deep = nested(60_000);

test.for([
  ['presence', `["1","2","realtime:deep","presence",{"event":"track","payload":{"x":${deep}}}]`],
  ['a join', `["1","2","realtime:deep","phx_join",{"config":${deep}}]`],
  ['a token', `["1","2","realtime:deep","access_token",${deep}]`],
  ['a broadcast', Buffer.concat([Buffer.from([3, 0, 0, 1, 1, 0, 1]), Buffer.from(`te${deep}`)])],
] as const)('%s nested 60,000 deep', async ([, data]) => {
  hostile.join('deep');
  hostile.sendRaw(data);
  expect(await hostile.untilClosed()).toEqual({
    code: 1007,
    reason: 'JSON is nested more than 64 deep',
  });
});

test('a flood', async () => {
  for (let n = 0; n < 5_000; n += 1) hostile.send([null, `${n}`, 'phoenix', 'heartbeat', {}]);
  expect(await hostile.untilClosed()).toEqual({
    code: 1008,
    reason: 'Too many messages per second',
  });
});

test('a flood of bytes', async () => {
  const payload = { type: 'broadcast', event: 'x', payload: { x: 'x'.repeat(2_900_000) } };
  for (let n = 0; n < 50; n += 1) hostile.send(['1', `${n}`, 'realtime:x', 'broadcast', payload]);
  expect(await hostile.untilClosed()).toEqual({
    code: 1008,
    reason: 'Too many messages per second',
  });
});

test('a flood of joins', async () => {
  for (let n = 1; n <= 400; n += 1) hostile.join('again', {}, `${n}`);
  expect(await hostile.untilClosed()).toEqual({ code: 1008, reason: 'Too many joins per second' });
  expect(hostile.frames.at(-1)?.[4]).toEqual({
    status: 'error',
    response: { reason: 'ClientJoinRateLimitReached: Too many joins per second' },
  });
});

test('too many channels', async () => {
  for (let n = 1; n <= 101; n += 1) hostile.join(`topic ${n}`, {}, `${n}`);
  await bystander.until(() => hostile.frames.length >= 101);
  const refusals = hostile.frames.filter((frame) => JSON.stringify(frame).includes('"error"'));
  expect(refusals).toEqual([
    [
      '101',
      '101',
      'realtime:topic 101',
      'phx_reply',
      { status: 'error', response: { reason: 'ChannelRateLimitReached: Too many channels' } },
    ],
  ]);
});

const binding = (filter?: string) => ({ event: '*', schema: 'public', table: 'notes', filter });

test.for([
  ['30,000 bindings', Array.from({ length: 30_000 }, (_, n) => binding(`size=eq.${n}`))],
  ['a million bindings that are none', Array(1_000_000).fill(1)],
] as const)('a join with %s', async ([, postgres_changes]) => {
  hostile.join('greedy', { postgres_changes });
  await bystander.until(() => hostile.frames.length > 0);
  const reason = 'InvalidJoinPayload: config.postgres_changes: a channel has at most 100 bindings';
  expect(hostile.frames[0]?.[4]).toEqual({ status: 'error', response: { reason } });
});

test('more bindings than an address may have in all', async () => {
  const { sql } = realtime.gateway;
  await sql`alter publication supabase_realtime add table public.notes`;
  const list = `size=in.(${Array.from({ length: 100 }, (_, n) => n)})`;
  const postgres_changes = Array(99).fill(binding(list));
  hostile.join('one', { postgres_changes });
  await bystander.until(() => hostile.frames.length > 0);
  hostile.join('two', { postgres_changes }, '2');
  const refused = () => hostile.frames.find(([, ref]) => ref === '2');
  await bystander.until(() => refused() !== undefined);
  const reason = 'ChannelRateLimitReached: Too many bindings to postgres_changes';
  expect(refused()?.[4]).toEqual({ status: 'error', response: { reason } });
  const [other] = [new Listener(realtime.gateway.anon().channel('rows'))];
  other.channel.on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, () => {});
  await other.subscribe();
  expect(other.states).toEqual(['SUBSCRIBED']);
  await sql`alter publication supabase_realtime drop table public.notes`;
});

test('a join that makes no sense is refused', async () => {
  hostile.send(['1', '1', 'realtime:x', 'phx_join', { config: { private: 'perhaps' } }]);
  hostile.send(['2', '2', 'realtime:', 'phx_join', {}]);
  hostile.send(['3', '3', 'elsewhere', 'phx_join', {}]);
  await bystander.until(() => hostile.frames.length >= 3);
  const reasons = hostile.frames.map((frame) => JSON.stringify(frame[4]));
  expect(reasons.join()).toContain('InvalidJoinPayload: config.private');
  expect(reasons.join()).toContain('TopicNameRequired');
  expect(reasons.join()).toContain('unmatched topic');
});

test('a client that does not read', async () => {
  hostile.join('loud');
  await bystander.until(() => hostile.frames.length > 0);
  hostile.freeze();
  const { sql } = realtime.gateway;
  const isDropped = () => realtime.output.includes('The client reads too slowly');
  for (let n = 0; n < 100 && !isDropped(); n += 1) {
    await sql`select realtime.send(jsonb_build_object('x', repeat('x', 500000)), 'loud', 'loud', false)`;
  }
  await bystander.until(isDropped);
});

test.for([
  ['POST', '//', 404],
  ['POST', '//127.0.0.1:1/api/broadcast', 404],
  ['GET', '?x', 404],
  ['GET', '/%', 400],
  ['POST', '/api/broadcast/%/events/%', 400],
] as const)('%s of the path "%s"', async ([method, path, status]) => {
  const { gateway } = realtime;
  const body = method === 'POST' ? { body: '{}' } : {};
  const answer = await gateway.request(`/realtime/v1${path}`, { method, ...body });
  expect(answer.status).toBe(status);
});

test('a WebSocket at a path that is none', async () => {
  await expect(connectRaw(realtime.gateway, undefined, '//x')).rejects.toThrow('404');
});

test('a token whose claims are nested 60,000 deep', async () => {
  const secret = realtime.gateway.keys.jwtSecret;
  const head = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const claims = `{"role":"anon","exp":9999999999,"x":${deep}}`;
  const signed = `${head}.${Buffer.from(claims).toString('base64url')}`;
  const signature = createHmac('sha256', secret).update(signed).digest('base64url');
  hostile.send(['1', '1', 'realtime:x', 'phx_join', { access_token: `${signed}.${signature}` }]);
  await bystander.until(() => hostile.frames.length > 0);
  expect(JSON.stringify(hostile.frames[0])).toContain('MalformedJWT');
});

test('an unknown key does not even connect', async () => {
  await expect(connectRaw(realtime.gateway, 'sb_publishable_no')).rejects.toThrow('401');
});
