/** The cleanup function and the schedule that calls it. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../stack/supervisor/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { signToken } from '../support/tokens.ts';

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

const call = (headers: Record<string, string>) =>
  fetch(`${stack.config.apiUrl}/functions/v1/cleanup`, { method: 'POST', headers });

/** Somebody streams, and their encoder goes away for longer than the grace. */
async function abandonedSession(): Promise<string> {
  const client = createClient(stack.config.apiUrl, stack.keys.publishable);
  const email = `${crypto.randomUUID()}@example.com`;
  await client.auth.signUp({ email, password: 'a-long-enough-password' });
  const { data: made, error } = await client.rpc('create_stream', { title: 'A stream' });
  expect(error).toBeNull();
  const [id, key] = made.stream_key.split('?key=');
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const publisher = { media_server: 'elsewhere', publisher_id: crypto.randomUUID() };
  const { data: answer } = await server.rpc('begin_ingest', {
    ...publisher,
    stream_id: id,
    key,
    client_ip: '192.0.2.7',
  });
  expect(answer).toMatchObject({ admitted: true });
  await server.rpc('end_ingest', publisher);
  await sql`update public.stream_sessions
    set disconnected_at = disconnected_at - interval '1 hour' where id = ${answer.session_id}`;
  return answer.session_id;
}

async function statusOf(sessionId: string): Promise<string> {
  const [row] = await sql`select status from public.stream_sessions where id = ${sessionId}`;
  return row?.status;
}

describe('who may call it', () => {
  test('the secret key may', async () => {
    const answer = await call({ apikey: stack.keys.secret });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      reap_sessions: expect.any(Number),
      expire_packages: expect.any(Number),
      maintain_partitions: expect.any(Number),
    });
  });

  test.each([
    ['nobody in particular', async () => ({})],
    ['the publishable key', async () => ({ apikey: stack.keys.publishable })],
    ['another secret key', async () => ({ apikey: `sb_secret_${'x'.repeat(32)}` })],
    [
      'a signed-in user',
      async () => ({ authorization: `Bearer ${await signToken(stack.keys.jwtSecret)}` }),
    ],
  ])('%s may not', async (_, headers) => {
    expect((await call(await headers())).status).toBe(401);
  });
});

test('the schedule calls it: an abandoned session ends without anybody asking', async () => {
  const sessionId = await abandonedSession();
  const hasEnded = async () => (await statusOf(sessionId)) === 'stopped';
  expect(await waitUntil(hasEnded, { timeoutMs: 40_000, intervalMs: 200 })).toBe(true);
});

test('a database that refuses is answered with its own four fields', async () => {
  await sql`alter function public.reap_sessions() rename to reap_sessions_away`;
  await sql`notify pgrst, 'reload schema'`;
  try {
    const isRefused = async () => (await call({ apikey: stack.keys.secret })).status === 404;
    expect(await waitUntil(isRefused, { timeoutMs: 20_000 })).toBe(true);
    const answer = await call({ apikey: stack.keys.secret });
    expect(await answer.json()).toMatchObject({
      code: 'PGRST202',
      message: expect.stringContaining('reap_sessions'),
    });
  } finally {
    await sql`alter function public.reap_sessions_away() rename to reap_sessions`;
    await sql`notify pgrst, 'reload schema'`;
  }
});
