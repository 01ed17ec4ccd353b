/** The payloads of four media servers, through gateway and Deno, end in the same rows. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  anonymousClient,
  openDatabase,
  type SessionRow,
  sessionsOf,
  signUpBroadcaster,
  unwrap,
} from '../support/broadcaster.ts';
import { callHook, type HookAnswer } from '../support/hook.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { MEDIA_SERVERS } from './media-servers/all.ts';

const IP = '198.51.100.7';
const ALLOWED = { status: 200, contentType: 'application/json', body: { code: 0 } };

let stack: TestStack;
let sql: Sql;
const asked = new Map<string, HookAnswer[]>();
beforeAll(async () => {
  stack = await startStack();
  sql = openDatabase(stack);
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

/** The columns that must not depend on the server. */
function comparable(row: SessionRow | undefined) {
  if (!row) return undefined;
  const { status, client_ip, ended_reason, disconnected_at, resumed_at } = row;
  return { status, client_ip, ended_reason, isGone: disconnected_at !== null, resumed_at };
}

describe.each(MEDIA_SERVERS)('$name', (server) => {
  const post = (body: string) => callHook(stack, body, { contentType: server.contentType });
  const postAll = async (bodies: readonly string[]) => {
    const answers: HookAnswer[] = [];
    for (const body of bodies) answers.push(await post(body));
    return answers;
  };

  test('a publish makes one running session, its end marks it disconnected', async () => {
    const stream = await (await signUpBroadcaster(stack)).createStream();
    const publisher = { streamId: stream.id, key: stream.key, id: server.publisherId(1), ip: IP };

    for (const answer of await postAll(server.publish(publisher))) expect(answer).toEqual(ALLOWED);
    const running = await sessionsOf(sql, stream.id);
    expect(running).toHaveLength(1);
    expect(running[0]).toMatchObject({ media_server: server.name, publisher_id: publisher.id });
    expect(comparable(running[0])).toEqual({
      status: 'running',
      client_ip: IP,
      ended_reason: null,
      isGone: false,
      resumed_at: null,
    });

    expect(await post(server.unpublish(publisher))).toEqual(ALLOWED);
    const [ended, ...more] = await sessionsOf(sql, stream.id);
    expect(more).toEqual([]);
    expect(comparable(ended)).toMatchObject({ status: 'running', isGone: true });
    expect(await post(server.unpublish(publisher))).toEqual(ALLOWED);
    expect((await sessionsOf(sql, stream.id))[0]).toEqual(ended);
  });

  test('its other events change nothing', async () => {
    const stream = await (await signUpBroadcaster(stack)).createStream();
    const publisher = { streamId: stream.id, key: stream.key, id: server.publisherId(2), ip: IP };
    await postAll(server.publish(publisher));
    const before = await sessionsOf(sql, stream.id);
    for (const answer of await postAll(server.others(publisher))) expect(answer).toEqual(ALLOWED);
    expect(await sessionsOf(sql, stream.id)).toEqual(before);
  });

  test('a wrong key and a name that is no stream are refused with one answer', async () => {
    const stream = await (await signUpBroadcaster(stack)).createStream();
    const publisher = { streamId: stream.id, key: stream.key, id: server.publisherId(3), ip: IP };
    const attempts = [
      { ...publisher, key: stream.key.replace(/.{4}$/, '0000') },
      { ...publisher, key: '', id: server.publisherId(4) },
      { ...publisher, streamId: 'movie-night', id: server.publisherId(5) },
    ];
    const answers = await postAll(attempts.flatMap((attempt) => server.publish(attempt)));
    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect(body).toMatchObject({ code: 403, status: 401, details: 'stream_key_invalid' });
    }
    asked.set(server.name, answers.slice(0, 1));
    expect(await sessionsOf(sql, stream.id)).toEqual([]);
  });

  test('a player needs the token of a private stream, and none for a public one', async () => {
    const broadcaster = await signUpBroadcaster(stack);
    const stream = await broadcaster.createStream('private');
    const publisher = { streamId: stream.id, key: stream.key, id: server.publisherId(6), ip: IP };
    await postAll(server.publish(publisher));
    const playback = unwrap(await broadcaster.client.rpc('get_playback', { stream_id: stream.id }));
    const token = new URL(playback.flv_url).searchParams.get('token') ?? '';

    expect(await post(server.play({ streamId: stream.id, token }))).toEqual(ALLOWED);
    const without = await post(server.play({ streamId: stream.id }));
    expect(without).toMatchObject({
      status: 403,
      body: { code: 403, details: 'stream_not_found' },
    });
    const forged = await post(
      server.play({ streamId: stream.id, token: `${token.slice(0, -4)}0000` }),
    );
    expect(forged).toMatchObject({ status: 403, body: { details: 'playback_token_invalid' } });

    const open = await (await signUpBroadcaster(stack)).createStream();
    expect(await post(server.play({ streamId: open.id }))).toEqual(ALLOWED);
  });
});

test('the refusals of all servers are the same', () => {
  const answers = [...asked.values()].flat();
  expect(answers).toHaveLength(MEDIA_SERVERS.length);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test('an anonymous client sees a stream live that a hook has let in', async () => {
  const [server] = MEDIA_SERVERS;
  if (!server) throw new Error('no media server');
  const stream = await (await signUpBroadcaster(stack)).createStream();
  const publisher = { streamId: stream.id, key: stream.key, id: server.publisherId(7), ip: IP };
  for (const body of server.publish(publisher)) await callHook(stack, body);
  const seen = await anonymousClient(stack).from('streams').select('is_live').eq('id', stream.id);
  expect(unwrap(seen)).toEqual([{ is_live: true }]);
});
