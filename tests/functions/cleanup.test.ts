/** The cleanup function and the schedule that calls it. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
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

/** Calls it by hand, at a moment when the schedule does not. */
async function cleanUp(): Promise<Record<string, unknown>> {
  let result: Record<string, unknown> = { skipped: true };
  await waitUntil(
    async () => {
      const answer = await call({ apikey: stack.keys.secret });
      expect(answer.status).toBe(200);
      result = await answer.json();
      return !result.skipped;
    },
    { timeoutMs: 60_000 },
  );
  return result;
}

const newestRun = async () => {
  const [run] = await sql`
    select * from private.job_runs where job_name = 'cleanup' and finished_at is not null order by created_at desc limit 1`;
  return run;
};

describe('who may call it', () => {
  test('the secret key may', async () => {
    const result = await cleanUp();
    expect(result).toHaveProperty('reap_sessions');
    for (const [step, done] of Object.entries(result)) expect(done, step).toBeTypeOf('number');
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

test('each run is recorded, with what each step did', async () => {
  const result = await cleanUp();
  expect(await newestRun()).toMatchObject({ ok: true, error: null, result });
});

test('while a run goes on, another call does nothing', async () => {
  const begin = async () => {
    const [row] = await sql`select public.begin_job_run('cleanup') as answer`;
    return row?.answer.begun;
  };
  expect(await waitUntil(begin, { timeoutMs: 60_000 })).toBe(true);
  const answer = await call({ apikey: stack.keys.secret });
  expect(await answer.json()).toEqual({ skipped: 'running' });
  await sql`delete from private.job_leases where job_name = 'cleanup'`;
});

test('the scheduler sees a job come, change and go', async () => {
  const countRuns = async () => {
    const [row] =
      await sql`select count(*)::int as n from private.job_runs where job_name = 'often'`;
    return row?.n;
  };
  const hasRun = (times: number) => async () => (await countRuns()) >= times;
  await sql`insert into private.scheduled_jobs (name, schedule, function_name) values ('often', '* * * * * *', 'cleanup')`;
  expect(await waitUntil(hasRun(2), { timeoutMs: 60_000 })).toBe(true);
  await sql`update private.scheduled_jobs set enabled = false where name = 'often'`;
  const isQuiet = async () => {
    const [row] =
      await sql`select max(created_at) < now() - interval '4 seconds' as quiet from private.job_runs where job_name = 'often'`;
    return row?.quiet;
  };
  expect(await waitUntil(isQuiet, { timeoutMs: 60_000 })).toBe(true);
  const before = await countRuns();
  await sql`update private.scheduled_jobs set enabled = true where name = 'often'`;
  expect(await waitUntil(hasRun(before + 1), { timeoutMs: 60_000 })).toBe(true);
  await sql`delete from private.scheduled_jobs where name = 'often'`;
});

test('a database that refuses is answered with its own four fields', async () => {
  await sql`alter function public.reap_sessions() rename to reap_sessions_away`;
  await sql`notify pgrst, 'reload schema'`;
  try {
    let refusal: unknown;
    const isRefused = async () => {
      const answer = await call({ apikey: stack.keys.secret });
      refusal = await answer.json();
      return answer.status === 404;
    };
    expect(await waitUntil(isRefused, { timeoutMs: 60_000 })).toBe(true);
    expect(refusal).toMatchObject({
      code: 'PGRST202',
      message: expect.stringContaining('reap_sessions'),
    });
    expect(await newestRun()).toMatchObject({
      ok: false,
      error: expect.stringContaining('reap_sessions'),
      result: { expire_packages: expect.any(Number), maintain_partitions: expect.any(Number) },
    });
  } finally {
    await sql`alter function public.reap_sessions_away() rename to reap_sessions`;
    await sql`notify pgrst, 'reload schema'`;
  }
});
