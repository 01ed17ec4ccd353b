/** The function that stores what Redis counted: who may call it, what a run of it leaves. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { waitUntil } from '../../lib/wait.ts';
import { asSuperuser } from '../support/scratch-cluster.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { signToken } from '../support/tokens.ts';
import { type Broadcast, callViewer, goLive } from '../support/watching.ts';

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  await sql`update private.settings set value = '3600' where key = 'ingest_lease_seconds'`;
  // No schedule comes in between: only the test calls it.
  await sql`update private.scheduled_jobs set enabled = false where name in ('flush-viewers', 'reap-sessions')`;
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

const call = (headers: Record<string, string> = { apikey: stack.keys.secret }) =>
  fetch(`${stack.config.apiUrl}/functions/v1/flush-viewers`, { method: 'POST', headers });

/** Calls it, once the run that the schedule had begun is over. */
async function flush(): Promise<{ status: number; body: Record<string, unknown> }> {
  let answered: { status: number; body: Record<string, unknown> } | undefined;
  const hasRun = async () => {
    const answer = await call();
    answered = { status: answer.status, body: await answer.json() };
    return !answered.body.skipped;
  };
  expect(await waitUntil(hasRun, { timeoutMs: 20_000 })).toBe(true);
  return answered as { status: number; body: Record<string, unknown> };
}

const runs = () => sql`
  select ok, result, error from private.job_runs where job_name = 'flush-viewers' order by created_at desc`;
const statusOf = async ({ sessionId }: Broadcast) => {
  const [row] = await sql`select status from public.stream_sessions where id = ${sessionId}`;
  return row?.status;
};

/** Its encoder went away longer ago than the grace. */
async function abandon({ publisher, sessionId }: Broadcast): Promise<void> {
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const { media_server, publisher_id } = publisher;
  await server.rpc('end_ingest', { media_server, publisher_id });
  await sql`
    update public.stream_sessions set disconnected_at = disconnected_at - interval '1 hour' where id = ${sessionId}`;
}

/** The function is away while `work` runs. */
async function without(name: string, work: () => Promise<void>): Promise<void> {
  const rename = async (from: string, to: string) => {
    await sql`alter function ${sql(`public.${from}`)}() rename to ${sql(to)}`;
    await sql`notify pgrst, 'reload schema'`;
  };
  await rename(name, `${name}_away`);
  try {
    await work();
  } finally {
    await rename(`${name}_away`, name);
  }
}

describe('who may call it', () => {
  test('the secret key may', async () => {
    expect((await flush()).status).toBe(200);
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

describe('a run', () => {
  beforeEach(async () => {
    await flush();
    await sql`delete from private.job_runs where job_name = 'flush-viewers'`;
  });

  test('with nothing to count and nothing to tell answers {} and leaves no row', async () => {
    expect(await flush()).toEqual({ status: 200, body: {} });
    expect(await runs()).toEqual([]);
  });

  test('is recorded with what it did', async () => {
    const broadcast = await goLive(stack);
    await callViewer(stack, { action: 'join', stream_id: broadcast.streamId });
    const { body } = await flush();
    expect(body).toEqual({ sessions: 1, recorded: 1, changed: 1, announced: 1 });
    expect(await runs()).toMatchObject([{ ok: true, result: body, error: null }]);
    await broadcast.end();
  });

  test('ends a session whose time is up and tells Redis of it, in one go', async () => {
    const broadcast = await goLive(stack);
    await flush();
    await abandon(broadcast);
    expect((await flush()).body).toMatchObject({ announced: 1 });
    expect(await statusOf(broadcast)).toBe('stopped');
  });

  test('that cannot end sessions counts all the same', async () => {
    const broadcast = await goLive(stack);
    await without('reap_sessions', async () => {
      expect(await flush()).toMatchObject({ status: 200, body: { sessions: 1, recorded: 1 } });
    });
    await broadcast.end();
  });

  test('does nothing while another goes on', async () => {
    const [begun] = await sql`select run_id from public.begin_job_run('flush-viewers')`;
    expect(await (await call()).json()).toEqual({ skipped: 'running' });
    await sql`select public.finish_job_run('flush-viewers', ${begun?.run_id}, true)`;
  });

  test('that the database refuses is answered with its four fields, and recorded', async () => {
    await without('get_counted_sessions', async () => {
      const isRefused = async () => (await flush()).status === 404;
      expect(await waitUntil(isRefused, { timeoutMs: 20_000 })).toBe(true);
      expect((await flush()).body).toMatchObject({
        code: 'PGRST202',
        message: expect.stringContaining('get_counted_sessions'),
      });
      const [newest] = await runs();
      expect(newest).toMatchObject({
        ok: false,
        error: expect.stringContaining('get_counted_sessions'),
      });
    });
  });
});

test('counts more sessions than the API gives rows', async () => {
  const streams = 1_100;
  const superuserUrl = databaseUrl(stack.config.ports.db, 'supabase_admin');
  const owner = (await goLive(stack)).ownerId;
  await asSuperuser(
    superuserUrl,
    `set session_replication_role = replica;
     insert into public.streams (id, user_id, title, status)
       select md5('s' || n)::uuid, '${owner}', 't', 'live' from generate_series(1, ${streams}) as n;
     insert into public.stream_sessions (stream_id, user_id, kind, status, media_server, publisher_id, last_seen_at, started_at)
       select id, user_id, 'ingest', 'running', 'm', id::text, now(), now() from public.streams where title = 't'`,
  );
  const { body } = await flush();
  expect(body).toMatchObject({ sessions: streams + 1, recorded: streams + 1 });
});
