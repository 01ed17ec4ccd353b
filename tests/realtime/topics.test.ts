/** The topics of streams and users on a whole stack: what is told there, and to whom. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase, unwrap } from '../support/broadcaster.ts';
import { type Listener, listen } from '../support/realtime.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { type Account, callViewer, goLive, signUp } from '../support/watching.ts';

let stack: TestStack;
let server: SupabaseClient;
let stranger: Account;
const opened: SupabaseClient[] = [];

beforeAll(async () => {
  stack = await startStack();
  server = createClient(stack.config.apiUrl, stack.keys.secret);
  stranger = await signUp(stack);
});
afterEach(async () => {
  for (const client of opened.splice(0)) await client.realtime.disconnect();
});
afterAll(() => stack?.stop());

/** A client of its own, signed in with a token unless nobody is. */
async function clientOf(token?: string): Promise<SupabaseClient> {
  const auth = token ? { accessToken: async () => token } : {};
  const client = createClient(stack.config.apiUrl, stack.keys.publishable, auth);
  opened.push(client);
  await client.realtime.setAuth();
  return client;
}

const join = (client: SupabaseClient, topic: string) =>
  listen(client, topic, { config: { private: true } });

async function expectRefused(client: SupabaseClient, topic: string): Promise<void> {
  const { states, heard } = await join(client, topic);
  expect(states[0]).toBe(
    `CHANNEL_ERROR Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`,
  );
  expect(heard).toEqual([]);
}

/** A message as soon as it is heard, by its type; one without a type by its event. */
async function told(listener: Listener, type: string): Promise<Record<string, unknown>> {
  const find = () => listener.heard.find(({ event, payload }) => (payload.type ?? event) === type);
  await listener.until(() => find() !== undefined);
  return find()?.payload ?? {};
}

test('a stream tells anonymous viewers how many they are, and that it ends', async () => {
  const broadcast = await goLive(stack);
  const listener = await join(await clientOf(), `stream:${broadcast.streamId}`);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  for (const _ of [1, 2]) {
    const joined = await callViewer(stack, { action: 'join', stream_id: broadcast.streamId });
    expect(joined.status).toBe(200);
  }
  await listener.until(() => listener.heard.at(-1)?.payload.viewer_count === 2);
  expect(listener.heard.at(-1)).toMatchObject({
    event: 'viewers',
    payload: { viewer_count: 2, peak_viewers: 2, at: expect.any(String) },
  });
  await broadcast.end();
  expect(await told(listener, 'StreamEnded')).toMatchObject({
    ...{ status: 'disabled', is_live: false, ended_at: expect.any(String) },
    ...{ version: expect.any(Number), position: expect.any(Number) },
  });
});

test('a private stream is told to its owner alone', async () => {
  const broadcast = await goLive(stack, 'private');
  const topic = `stream:${broadcast.streamId}`;
  await expectRefused(await clientOf(), topic);
  await expectRefused(await clientOf(stranger.token), topic);
  const listener = await join(await clientOf(broadcast.ownerToken), topic);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await broadcast.end();
  await told(listener, 'StreamEnded');
});

test('who may not see a stream any more hears where it goes on, and nothing more', async () => {
  const broadcast = await goLive(stack);
  const { streamId } = broadcast;
  const before = `stream:${streamId}`;
  const owner = await clientOf(broadcast.ownerToken);
  const left = await join(await clientOf(stranger.token), before);
  const moved = await join(owner, before);

  unwrap(await owner.from('streams').update({ visibility: 'private' }).eq('id', streamId).select());
  const after = `${before}:1`;
  for (const listener of [left, moved]) {
    expect(await told(listener, 'StreamUpdated')).toMatchObject({ topic: after });
  }
  const outside = await clientOf(stranger.token);
  await expectRefused(outside, after);
  await expectRefused(outside, before);
  await expectRefused(await clientOf(broadcast.ownerToken), before);

  const listener = await join(owner, after);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await broadcast.end();
  expect(await told(listener, 'StreamEnded')).toMatchObject({ is_live: false });

  const sql = openDatabase(stack);
  await sql`select private.send_broadcast(${before}, 'marker', '{}')`;
  await sql.end();
  await told(left, 'marker');
  expect(left.heard.map(({ event }) => event)).toEqual(['topic', 'marker']);
});

test('a user’s topic is refused to everybody else', async () => {
  const { ownerId } = await goLive(stack);
  await expectRefused(await clientOf(), `user:${ownerId}`);
  await expectRefused(await clientOf(stranger.token), `user:${ownerId}`);
});

test('who was away sees by the version what is missing, and fetches it', async () => {
  const { ownerId, ownerToken, sessionId, publisher, end } = await goLive(stack);
  const { media_server, publisher_id } = publisher;
  const hangUp = () => server.rpc('end_ingest', { media_server, publisher_id });
  const before = await clientOf(ownerToken);
  const first = await join(before, `user:${ownerId}`);
  await hangUp();
  const seen = await told(first, 'SessionDisconnected');
  await before.realtime.disconnect();

  await server.rpc('begin_ingest', publisher);
  await hangUp();
  const back = await clientOf(ownerToken);
  const second = await join(back, `user:${ownerId}`);
  await end();
  const now = await told(second, 'SessionEnded');
  expect(now).toMatchObject({ session_id: sessionId, position: expect.any(Number) });
  expect(second.heard).toHaveLength(1);
  const missed = Number(now.version) - Number(seen.version) - 1;
  expect(missed).toBe(2);

  const { data } = await back.rpc('get_audit_trail', {
    ...{ user_id: ownerId, before_position: now.position, max_count: 100 },
  });
  const fetched = data
    .filter((event: { aggregate_id: string; version: number }) => {
      return event.aggregate_id === sessionId && event.version > Number(seen.version);
    })
    .map(({ event_type, version }: { event_type: string; version: number }) => [
      event_type,
      version,
    ]);
  expect(fetched.reverse()).toEqual([
    ['SessionResumed', Number(seen.version) + 1],
    ['SessionDisconnected', Number(seen.version) + 2],
  ]);
});
