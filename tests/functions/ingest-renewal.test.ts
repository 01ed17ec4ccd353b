/** Leases: who is still there is renewed, who is not is disconnected, who has no session is told. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Broadcaster,
  type OwnStream,
  openDatabase,
  sessionsOf,
  signUpBroadcaster,
  unwrap,
} from '../support/broadcaster.ts';
import { callHook } from '../support/hook.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import type { Publisher } from './media-servers/media-server.ts';
import { nginxRtmp, updatePublish } from './media-servers/nginx-rtmp.ts';
import { srs } from './media-servers/srs.ts';

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = openDatabase(stack);
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

interface Live {
  readonly broadcaster: Broadcaster;
  readonly stream: OwnStream;
  readonly publisher: Publisher;
}

async function goLive(server: string, id: string, post = srs): Promise<Live> {
  const broadcaster = await signUpBroadcaster(stack);
  const stream = await broadcaster.createStream();
  const publisher = { streamId: stream.id, key: stream.key, id, ip: '198.51.100.7' };
  const parameters = { secret: stack.keys.ingestSecret, server };
  for (const body of post.publish(publisher)) await callHook(stack, body, { parameters });
  return { broadcaster, stream, publisher };
}

async function ageLease(streamId: string) {
  await sql`update public.stream_sessions set last_seen_at = now() - interval '80 seconds'
    where stream_id = ${streamId}`;
}

async function isFresh(streamId: string): Promise<boolean> {
  const [row] = await sql`select last_seen_at > now() - interval '40 seconds' as fresh
    from public.stream_sessions where stream_id = ${streamId}`;
  return row?.fresh;
}

function renew(body: Record<string, unknown>) {
  return callHook(stack, JSON.stringify({ action: 'renew', ...body }));
}

test('a renewal renews those it names, and tells of those that have no session', async () => {
  const [one, two] = [await goLive('edge-1', 'a1'), await goLive('edge-1', 'a2')];
  await ageLease(one.stream.id);
  await ageLease(two.stream.id);
  const { status, body } = await renew({ server: 'edge-1', publishers: ['a1', 'a9'] });
  expect(status).toBe(200);
  expect(body).toEqual({ code: 0, renewed: ['a1'], unknown: ['a9'], disconnected: 0 });
  expect(await isFresh(one.stream.id)).toBe(true);
  expect(await isFresh(two.stream.id)).toBe(false);
});

test('a complete renewal disconnects the others of that server only', async () => {
  const here = await goLive('edge-2', 'b1');
  const lost = await goLive('edge-2', 'b2');
  const elsewhere = await goLive('edge-3', 'b2');
  const { body } = await renew({ server: 'edge-2', publishers: ['b1'], complete: true });
  expect(body).toMatchObject({ renewed: ['b1'], unknown: [], disconnected: 1 });
  const isGone = async ({ stream }: Live) => (await sessionsOf(sql, stream.id))[0]?.disconnected_at;
  expect(await isGone(here)).toBeNull();
  expect(await isGone(lost)).not.toBeNull();
  expect(await isGone(elsewhere)).toBeNull();
});

test('the URL may name the server instead of the body', async () => {
  const { stream } = await goLive('edge-4', 'c1');
  await ageLease(stream.id);
  const parameters = { secret: stack.keys.ingestSecret, server: 'edge-4' };
  const { body } = await callHook(stack, '{"action":"renew","publishers":["c1"]}', { parameters });
  expect(body).toMatchObject({ renewed: ['c1'] });
  expect(await isFresh(stream.id)).toBe(true);
});

test('a disabled stream’s publisher is told to go', async () => {
  const { broadcaster, stream } = await goLive('edge-5', 'd1');
  unwrap(await broadcaster.client.rpc('disable_stream', { stream_id: stream.id }));
  const { body } = await renew({ server: 'edge-5', publishers: ['d1'], complete: true });
  expect(body).toMatchObject({ renewed: [], unknown: ['d1'] });
});

test('nginx’ update_publish renews, and is refused once the session has ended', async () => {
  const { broadcaster, stream, publisher } = await goLive('nginx-rtmp', '41', nginxRtmp);
  await ageLease(stream.id);
  expect((await callHook(stack, updatePublish(publisher))).status).toBe(200);
  expect(await isFresh(stream.id)).toBe(true);

  unwrap(await broadcaster.client.rpc('disable_stream', { stream_id: stream.id }));
  const refused = await callHook(stack, updatePublish(publisher));
  expect(refused).toMatchObject({ status: 403, body: { code: 403, details: 'session_not_found' } });
});
