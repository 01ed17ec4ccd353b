/** SQL functions that the stack's schedule runs. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { goLive } from '../support/watching.ts';

const PATIENCE = { timeoutMs: 40_000, intervalMs: 100 };
const EVERY_SECOND = '* * * * * *';

let stack: TestStack;
let sql: Sql;
beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 3, onnotice() {} });
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});
afterEach(() => sql`delete from private.scheduled_jobs where schedule = ${EVERY_SECOND}`);

/** Has the schedule run this body every second, as a job that no other test has: one that goes is seen some seconds later. */
async function schedule(name: string, body: string, timeoutSeconds = 60): Promise<void> {
  await sql.unsafe(`
    create function private.${name}() returns integer language plpgsql set search_path = '' as
    $$ begin ${body} end $$`);
  await sql`insert into private.scheduled_jobs (name, schedule, sql_function, timeout_seconds)
    values (${name}, ${EVERY_SECOND}, ${`private.${name}`}, ${timeoutSeconds})`;
}

const records = (name: string) => sql`
  select ok, result, error from private.job_runs where job_name = ${name} order by created_at`;
/** How many runs have ended, idle ones too. */
async function runsOf(name: string): Promise<number> {
  const [row] = await sql`select run_id::int from private.job_states where job_name = ${name}`;
  return row?.run_id ?? 0;
}
async function awaitRuns(name: string, more: number): Promise<void> {
  const wanted = (await runsOf(name)) + more;
  expect(await waitUntil(async () => (await runsOf(name)) >= wanted, PATIENCE)).toBe(true);
}

test('an abandoned session ends without anybody asking', async () => {
  const { publisher, sessionId } = await goLive(stack);
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const { media_server, publisher_id } = publisher;
  // Only the schedule's own job is to end it.
  await sql`update private.scheduled_jobs set enabled = false where name = 'flush-viewers'`;
  await server.rpc('end_ingest', { media_server, publisher_id });
  await sql`
    update public.stream_sessions set disconnected_at = disconnected_at - interval '1 hour' where id = ${sessionId}`;
  const hasEnded = async () => {
    const [row] = await sql`select status from public.stream_sessions where id = ${sessionId}`;
    return row?.status === 'stopped';
  };
  expect(await waitUntil(hasEnded, PATIENCE)).toBe(true);
  const isRecorded = async () => (await records('reap-sessions')).length > 0;
  expect(await waitUntil(isRecorded, PATIENCE)).toBe(true);
  expect(await records('reap-sessions')).toMatchObject([{ ok: true, result: 1 }]);
});

test('one that fails is recorded with its error, and the others go on', async () => {
  await schedule('failing', "raise exception 'the broom broke' using errcode = 'P0007';");
  await schedule('steady', 'return 1;');
  await awaitRuns('failing', 2);
  await awaitRuns('steady', 2);
  expect((await records('failing')).at(-1)).toEqual({
    ok: false,
    result: null,
    error: 'the broom broke (P0007)',
  });
  expect((await records('steady')).every(({ ok }) => ok)).toBe(true);
  expect(stack.process.output()).toContain('failing failed: the broom broke (P0007)');
});

test('one that finds nothing to do leaves no row', async () => {
  await schedule('idle', 'return 0;');
  await awaitRuns('idle', 2);
  expect(await records('idle')).toEqual([]);
});

test('while a run goes on no second one begins, and the others do', async () => {
  const waiting = async () => {
    const [row] = await sql`
      select count(*)::int as n from pg_locks where locktype = 'advisory' and objid = 7 and not granted`;
    return row?.n;
  };
  await schedule('quick', 'return 1;');
  await sql.begin(async (holder) => {
    await holder`select pg_advisory_xact_lock(7)`;
    await schedule('slow', 'perform pg_advisory_xact_lock(7); return 1;');
    expect(await waitUntil(async () => (await waiting()) === 1, PATIENCE)).toBe(true);
    await awaitRuns('quick', 3);
    expect(await waiting()).toBe(1);
    expect(await runsOf('slow')).toBe(0);
  });
  await awaitRuns('slow', 2);
});

test('one that takes longer than it may is recorded as failed', async () => {
  await schedule('late', 'perform pg_sleep(600); return 1;', 1);
  const isRecorded = async () => (await records('late')).length > 0;
  expect(await waitUntil(isRecorded, PATIENCE)).toBe(true);
  expect((await records('late'))[0]).toMatchObject({
    ok: false,
    error: expect.stringContaining('57014'),
  });
});

test('the scheduler sees a job come, change and go', async () => {
  await schedule('changing', 'return 1;');
  await awaitRuns('changing', 2);
  await sql`update private.scheduled_jobs set enabled = false where name = 'changing'`;
  await schedule('clock', 'return 1;');
  // The list was read again since, and a run that was under way has ended.
  await awaitRuns('clock', 3);
  const before = await runsOf('changing');
  await awaitRuns('clock', 3);
  expect(await runsOf('changing')).toBe(before);
  await sql`update private.scheduled_jobs set enabled = true where name = 'changing'`;
  await awaitRuns('changing', 1);
});
