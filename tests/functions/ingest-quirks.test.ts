/** What single media servers do differently from their own manuals, and from each other. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, sessionsOf, signUpBroadcaster } from '../support/broadcaster.ts';
import { callHook } from '../support/hook.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { whip } from './media-servers/mediamtx.ts';
import { nginxRtmp } from './media-servers/nginx-rtmp.ts';
import {
  nodeMediaServer,
  publishIn42,
  refusedByServer,
} from './media-servers/node-media-server.ts';

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

async function newPublisher(id: string, ip = '198.51.100.7') {
  const stream = await (await signUpBroadcaster(stack)).createStream();
  return { streamId: stream.id, key: stream.key, id, ip };
}

test('node-media-server 4.2 asks twice by one name: one session, one admission', async () => {
  const publisher = await newPublisher('nms42');
  for (const body of publishIn42(publisher)) {
    expect((await callHook(stack, body)).body).toEqual({ code: 0 });
  }
  expect(await sessionsOf(sql, publisher.streamId)).toHaveLength(1);
  const log = await sql`
    select rule from private.admission_log where stream_id = ${publisher.streamId}`;
  expect(log).toEqual([{ rule: 'admitted' }]);
});

test('a publisher that node-media-server turned away itself leaves its session', async () => {
  const publisher = await newPublisher('nmsbusy');
  for (const body of nodeMediaServer.publish(publisher)) await callHook(stack, body);
  expect((await callHook(stack, refusedByServer(publisher))).status).toBe(200);
  const [session] = await sessionsOf(sql, publisher.streamId);
  expect(session?.disconnected_at).not.toBeNull();
});

test('a publisher that was refused twice and ends as a player changes nothing', async () => {
  const publisher = { ...(await newPublisher('nmsbad')), key: 'wrong' };
  for (const body of nodeMediaServer.publish(publisher)) {
    expect((await callHook(stack, body)).status).toBe(403);
  }
  expect((await callHook(stack, refusedByServer(publisher))).body).toEqual({ code: 0 });
  expect(await sessionsOf(sql, publisher.streamId)).toEqual([]);
});

test('node-media-server tells how much came in', async () => {
  const publisher = await newPublisher('nmsbytes');
  for (const body of nodeMediaServer.publish(publisher)) await callHook(stack, body);
  await callHook(stack, nodeMediaServer.unpublish(publisher));
  expect((await sessionsOf(sql, publisher.streamId))[0]?.bytes_in).toBe('2032804');
});

test('nginx ends a refused duplicate too: the first publisher stays', async () => {
  const first = await newPublisher('11');
  const second = { ...first, id: '12' };
  for (const body of nginxRtmp.publish(first)) await callHook(stack, body);
  const [body = ''] = nginxRtmp.publish(second);
  expect((await callHook(stack, body)).body).toMatchObject({ details: 'stream_already_live' });
  await callHook(stack, nginxRtmp.unpublish(second));
  expect(await sessionsOf(sql, first.streamId)).toMatchObject([
    { publisher_id: '11', disconnected_at: null },
  ]);
});

test('a WebRTC publisher of MediaMTX gives the key as bearer token', async () => {
  const publisher = await newPublisher('c0ffee00-0000-4000-8000-000000000001');
  expect((await callHook(stack, whip(publisher))).status).toBe(200);
  const other = await newPublisher('c0ffee00-0000-4000-8000-000000000002');
  expect((await callHook(stack, whip({ ...other, key: 'wrong' }))).status).toBe(403);
});

test.each([
  ['198.51.100.7:4711', '198.51.100.7'],
  ['::ffff:198.51.100.7:4711', '198.51.100.7'],
  ['2001:db8::1:4711', '2001:db8::1'],
  ['unix:', null],
])('the client’s address %s is kept as %s', async (given, kept) => {
  const publisher = await newPublisher(`ip${given.length}`, given.replace(/:4711$/, ''));
  for (const body of nodeMediaServer.publish(publisher)) await callHook(stack, body);
  expect((await sessionsOf(sql, publisher.streamId))[0]?.client_ip).toBe(kept);
});
