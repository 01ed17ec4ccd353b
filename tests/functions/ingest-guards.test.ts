/** Who may call the hook at all, and what it takes for a hook; refused calls write nothing. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnStream, openDatabase, signUpBroadcaster } from '../support/broadcaster.ts';
import { callHook } from '../support/hook.ts';
import { ownError } from '../support/own-error.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { nginxRtmp } from './media-servers/nginx-rtmp.ts';
import { srs } from './media-servers/srs.ts';

let stack: TestStack;
let sql: Sql;
let stream: OwnStream;
beforeAll(async () => {
  stack = await startStack();
  sql = openDatabase(stack);
  stream = await (await signUpBroadcaster(stack)).createStream();
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

function publish(server = nginxRtmp): string {
  const ip = '198.51.100.7';
  const [body] = server.publish({ streamId: stream.id, key: stream.key, id: '71', ip });
  return body ?? '';
}

/** Fails unless the calls before it left no trace. */
async function expectNothingWritten() {
  const [row] = await sql`
    select (select count(*)::integer from public.stream_sessions) as sessions,
      (select count(*)::integer from private.admission_log) as answers`;
  expect(row).toEqual({ sessions: 0, answers: 0 });
}

test.each([
  ['no secret', {}],
  ['an empty secret', { secret: '' }],
  ['a wrong secret', { secret: 'x'.repeat(32) }],
])('%s: 401', async (_, parameters) => {
  const answer = await callHook(stack, publish(), { parameters });
  expect(answer).toMatchObject(ownError('ingest_secret_invalid'));
  await expectNothingWritten();
});

test('the right secret with a character more or less: 401', async () => {
  const { ingestSecret } = stack.keys;
  for (const secret of [`${ingestSecret}x`, ingestSecret.slice(0, -1)]) {
    const answer = await callHook(stack, publish(), { parameters: { secret } });
    expect(answer.status).toBe(401);
  }
  await expectNothingWritten();
});

test.each([
  ['an empty body', ''],
  ['JSON that is cut off', '{"action":"on_publish"'],
  ['a JSON array', '[1]'],
  ['JSON null', 'null'],
  ['an object of no server', '{"hello":"world"}'],
  ['an unknown action of SRS', '{"action":"on_forward","client_id":"1","stream":"x"}'],
  ['a publish without the id of the publisher', '{"action":"on_publish","stream":"x","param":""}'],
  ['an unknown action of MediaMTX', '{"action":"api","path":"","protocol":"","id":"1","query":""}'],
  [
    'an unknown action of node-media-server',
    '{"action":"boom","id":"1","name":"x","createtime":1}',
  ],
  ['a form without a call', 'name=x&clientid=1'],
  ['an unknown call of nginx-rtmp', 'call=reboot&name=x&clientid=1'],
  ['an id of a publisher that is none', 'call=publish&name=x&clientid=a%20b&key=x'],
  ['a name of 5,000 characters', `call=publish&name=${'x'.repeat(5000)}&clientid=1`],
  ['a renewal of nobody in particular', '{"action":"renew","publishers":["1"]}'],
])('%s: 400', async (_, body) => {
  const answer = await callHook(stack, body);
  expect(answer).toMatchObject(ownError('hook_malformed'));
  await expectNothingWritten();
});

test('a name of the server that is none: 400', async () => {
  const parameters = { secret: stack.keys.ingestSecret, server: 'edge 1; drop' };
  const answer = await callHook(stack, publish(), { parameters });
  expect(answer).toMatchObject(ownError('hook_malformed'));
  await expectNothingWritten();
});

test('a body over 16 kB: 413, however valid it begins', async () => {
  const answer = await callHook(stack, `${publish()}&padding=${'x'.repeat(16 * 1024)}`);
  expect(answer).toMatchObject(ownError('body_too_large'));
  const json = JSON.stringify({ ...JSON.parse(publish(srs)), padding: 'x'.repeat(16 * 1024) });
  expect((await callHook(stack, json)).status).toBe(413);
  await expectNothingWritten();
});

test('GET: 405', async () => {
  const answer = await callHook(stack, '', { method: 'GET' });
  expect(answer).toMatchObject(ownError('method_not_allowed'));
});

test('what the broadcaster writes behind the key does not pass for nginx’ own fields', async () => {
  const other = await (await signUpBroadcaster(stack)).createStream();
  const answer = await callHook(
    stack,
    `${publish()}&call=publish_done&name=${other.id}&clientid=9`,
  );
  expect(answer).toMatchObject({ status: 200, body: { code: 0 } });
  const rows = await sql`select stream_id, publisher_id from public.stream_sessions`;
  expect(rows).toEqual([{ stream_id: stream.id, publisher_id: '71' }]);
});
