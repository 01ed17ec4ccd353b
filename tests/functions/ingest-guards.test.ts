/** Who may call the hook at all, and what it takes for a hook; refused calls write nothing. */
import type { Sql } from 'postgres';
import { signUpBroadcaster } from '../support/broadcaster.ts';
import { test as base, expect } from '../support/fixtures.ts';
import { callHook } from '../support/hook.ts';
import { ownError } from '../support/own-error.ts';
import { nginxRtmp } from './media-servers/nginx-rtmp.ts';
import { srs } from './media-servers/srs.ts';

/** `publish`: what media servers send when the publisher of `stream` begins. */
const test = base
  .extend('stream', { scope: 'file' }, async ({ stack }) =>
    (await signUpBroadcaster(stack)).createStream(),
  )
  .extend('publish', { scope: 'file' }, ({ stream }) => {
    const publisher = { streamId: stream.id, key: stream.key, id: '71', ip: '198.51.100.7' };
    return (server = nginxRtmp) => server.publish(publisher)[0] ?? '';
  });

/** Fails unless the calls before it left no trace. */
async function expectNothingWritten(sql: Sql) {
  const [row] = await sql`
    select (select count(*)::integer from public.stream_sessions) as sessions,
      (select count(*)::integer from private.admission_log) as answers`;
  expect(row).toEqual({ sessions: 0, answers: 0 });
}

test.for<[string, Record<string, string>]>([
  ['no secret', {}],
  ['an empty secret', { secret: '' }],
  ['a wrong secret', { secret: 'x'.repeat(32) }],
])('%s: 401', async ([, parameters], { stack, stackSql, publish }) => {
  const answer = await callHook(stack, publish(), { parameters });
  expect(answer).toMatchObject(ownError('ingest_secret_invalid'));
  await expectNothingWritten(stackSql);
});

test('the right secret with a character more or less: 401', async ({
  stack,
  stackSql,
  publish,
}) => {
  const { ingestSecret } = stack.keys;
  for (const secret of [`${ingestSecret}x`, ingestSecret.slice(0, -1)]) {
    const answer = await callHook(stack, publish(), { parameters: { secret } });
    expect(answer.status).toBe(401);
  }
  await expectNothingWritten(stackSql);
});

test.for<[string, string]>([
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
])('%s: 400', async ([, body], { stack, stackSql }) => {
  const answer = await callHook(stack, body);
  expect(answer).toMatchObject(ownError('hook_malformed'));
  await expectNothingWritten(stackSql);
});

test('a name of the server that is none: 400', async ({ stack, stackSql, publish }) => {
  const parameters = { secret: stack.keys.ingestSecret, server: 'edge 1; drop' };
  const answer = await callHook(stack, publish(), { parameters });
  expect(answer).toMatchObject(ownError('hook_malformed'));
  await expectNothingWritten(stackSql);
});

test('a body over 16 kB: 413, however valid it begins', async ({ stack, stackSql, publish }) => {
  const answer = await callHook(stack, `${publish()}&padding=${'x'.repeat(16 * 1024)}`);
  expect(answer).toMatchObject(ownError('body_too_large'));
  const json = JSON.stringify({ ...JSON.parse(publish(srs)), padding: 'x'.repeat(16 * 1024) });
  expect((await callHook(stack, json)).status).toBe(413);
  await expectNothingWritten(stackSql);
});

test('GET: 405', async ({ stack }) => {
  const answer = await callHook(stack, '', { method: 'GET' });
  expect(answer).toMatchObject(ownError('method_not_allowed'));
});

test('what the broadcaster writes behind the key does not pass for nginx’ own fields', async ({
  stack,
  stackSql,
  stream,
  publish,
}) => {
  const other = await (await signUpBroadcaster(stack)).createStream();
  const answer = await callHook(
    stack,
    `${publish()}&call=publish_done&name=${other.id}&clientid=9`,
  );
  expect(answer).toMatchObject({ status: 200, body: { code: 0 } });
  const rows = await stackSql`select stream_id, publisher_id from public.stream_sessions`;
  expect(rows).toEqual([{ stream_id: stream.id, publisher_id: '71' }]);
});
