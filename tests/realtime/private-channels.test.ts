/** The policies on `realtime.messages` decide who joins a private topic, and who may send to it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignedUp } from '../support/gateway.ts';
import { listen, startRealtime, type TestRealtime } from '../support/realtime.ts';
import { signToken } from '../support/tokens.ts';

let realtime: TestRealtime;
let owner: SignedUp;
let stranger: SignedUp;

beforeAll(async () => {
  realtime = await startRealtime();
  const { gateway } = realtime;
  await gateway.sql`
    create policy "owners listen" on realtime.messages for select to authenticated
    using ((select realtime.topic()) in (select t || (select auth.uid())::text
      from unnest(array['both:', 'listen:', 'lobby:']) t)
      and extension in ('broadcast', case when (select realtime.topic()) like 'listen:%' then '' else 'presence' end))`;
  await gateway.sql`
    create policy "owners speak" on realtime.messages for insert to authenticated
    with check ((select realtime.topic()) = 'both:' || (select auth.uid())::text)`;
  owner = await gateway.signUp();
  stranger = await gateway.signUp();
});
afterAll(() => realtime?.stop());

const privately = { config: { private: true, broadcast: { self: true, ack: true } } };

test('a user joins a topic of its own, sends to it and hears it', async () => {
  const listener = await listen(owner.client, `both:${owner.id}`, privately);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  const sent = await listener.channel.send({ type: 'broadcast', event: 'hi', payload: { a: 1 } });
  expect(sent).toBe('ok');
  await listener.until(() => listener.heard.length > 0);
  expect(listener.payloads).toEqual([{ a: 1 }]);
});

test('a stranger and an anonymous client are refused, and told why', async () => {
  for (const client of [stranger.client, realtime.gateway.anon()]) {
    const listener = await listen(client, `both:${owner.id}`, privately);
    expect(listener.states[0]).toContain('CHANNEL_ERROR');
    expect(listener.states[0]).toContain(
      `Unauthorized: You do not have permissions to read from this Channel topic: both:${owner.id}`,
    );
    await client.removeAllChannels();
  }
});

test('who may only listen sends in vain, also over HTTP', async () => {
  const topic = `listen:${owner.id}`;
  const listener = await listen(owner.client, topic, {
    config: { private: true, broadcast: { self: true } },
  });
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await listener.channel.send({ type: 'broadcast', event: 'hi', payload: { by: 'socket' } });
  await listener.channel.httpSend('hi', { by: 'HTTP' });
  await realtime.gateway.sql`select realtime.send('{"by": "SQL"}', 'hi', ${topic})`;
  await listener.until(() => listener.heard.length > 0);
  expect(listener.payloads).toMatchObject([{ by: 'SQL' }]);
});

test('who may not write cannot be present', async () => {
  const topic = `lobby:${owner.id}`;
  const listener = await listen(owner.client, topic, {
    config: { private: true, presence: { enabled: true, key: 'me' } },
  });
  expect(await listener.channel.track({ here: true })).toBe('error');
  expect(listener.channel.presenceState()).toEqual({});
});

test('the service role joins and sends anywhere', async () => {
  const listener = await listen(realtime.gateway.service(), `both:${owner.id}`, privately);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  expect(await listener.channel.send({ type: 'broadcast', event: 'hi', payload: {} })).toBe('ok');
});

test('no message of the probes is left behind', async () => {
  const [row] = await realtime.gateway.sql`
    select count(*)::int from realtime.messages where extension = 'presence' or event is null`;
  expect(row?.count).toBe(0);
});

test('a channel closes when its token expires', async () => {
  const { gateway } = realtime;
  const claims = { role: 'authenticated', sub: owner.id };
  const client = gateway.anon();
  await client.realtime.setAuth(
    await signToken(gateway.keys.jwtSecret, { claims, expiresIn: '2s' }),
  );
  const listener = await listen(client, `both:${owner.id}`, privately);
  const said: string[] = [];
  listener.channel.on('system', {}, ({ message }) => said.push(message));
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await listener.until(() => listener.states.includes('CLOSED'));
  expect(said).toContain('Token has expired 0 seconds ago');
});

test.for([
  ['an expired token', '-1h', 'InvalidJWTToken: Token has expired'],
  ['a token of another signer', '1h', 'JwtSignatureError: Failed to validate JWT signature'],
] as const)('%s is refused', async ([what, expiresIn, reason]) => {
  const { gateway } = realtime;
  const secret = what.includes('another') ? 'x'.repeat(40) : gateway.keys.jwtSecret;
  const client = gateway.anon();
  await client.realtime.setAuth(await signToken(secret, { expiresIn }));
  const listener = await listen(client, 'anything');
  expect(listener.states[0]).toContain(reason);
  await client.removeAllChannels();
});

test('a token that may no longer read closes the channel', async () => {
  const { gateway } = realtime;
  const sign = (sub: string) =>
    signToken(gateway.keys.jwtSecret, { claims: { role: 'authenticated', sub } });
  const client = gateway.anon();
  await client.realtime.setAuth(await sign(owner.id));
  const listener = await listen(client, `both:${owner.id}`, privately);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await client.realtime.setAuth(await sign(stranger.id));
  await listener.until(() => listener.states.includes('CLOSED'));
});
