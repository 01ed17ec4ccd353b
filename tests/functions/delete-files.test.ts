/** delete-files: what was noted down to be deleted leaves storage, and what does not is tried again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { waitUntil } from '../../lib/wait.ts';
import { storedPath } from '../../stack/gateway/stored-path.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { type Account, signUp } from '../support/watching.ts';

let stack: TestStack;
let sql: Sql;
let superuser: Sql;
beforeAll(async () => {
  stack = await startStack({ env: { STREAMBED_WORKERS: '0' } });
  sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  superuser = postgres(databaseUrl(stack.config.ports.db, 'supabase_admin'), {
    max: 1,
    onnotice() {},
  });
  await endSchedule();
});
beforeEach(() => sql`delete from private.job_runs where job_name = 'delete-files'`);
afterAll(async () => {
  await Promise.all([sql?.end(), superuser?.end()]);
  await stack?.stop();
});

/** Until the scheduler has read that: from then on the function is called by hand alone. */
async function endSchedule() {
  await sql.begin(async (tx) => {
    await tx`update private.scheduled_jobs set enabled = false where name = 'delete-files'`;
    await tx`
      insert into private.scheduled_jobs (name, schedule, sql_function)
      values ('probe', '* * * * * *', 'private.expire_packages')`;
  });
  const isRead = async () =>
    (await sql`select from private.job_states where job_name = 'probe'`).length > 0;
  expect(await waitUntil(isRead, { timeoutMs: 20_000 })).toBe(true);
  await sql`delete from private.scheduled_jobs where name = 'probe'`;
}

const as = ({ token }: Account) =>
  createClient(stack.config.apiUrl, stack.keys.publishable, {
    global: { headers: { Authorization: `Bearer ${token}` } },
  });

async function call(headers: Record<string, string> = { apikey: stack.keys.secret }) {
  const url = `${stack.config.apiUrl}/functions/v1/delete-files`;
  const answer = await fetch(url, { method: 'POST', headers });
  return { status: answer.status, body: await answer.json() };
}

/** Somebody new with videos of these names; returns the videos' paths in the bucket as well. */
async function withVideos(...names: string[]) {
  const account = await signUp(stack);
  const paths = names.map((name) => `${account.id}/${name}`);
  for (const path of paths) {
    const { error } = await as(account)
      .storage.from('videos')
      .upload(path, new Blob(['frames']));
    expect(error).toBeNull();
  }
  return { account, paths };
}

async function deleteAccount(account: Account) {
  const { error } = await as(account).rpc('delete_account');
  expect(error).toBeNull();
}

const isStored = async (path: string) =>
  (await sql`select from storage.objects where bucket_id = 'videos' and name = ${path}`).length > 0;
const isOnDisk = (path: string) =>
  existsSync(storedPath(join(stack.config.dataDir, 'storage'), 'videos', path));
const queued = async () =>
  (await sql`select name from private.file_deletions order by name`).map(({ name }) => name);
const runs = async () => [
  ...(await sql`
    select ok, result, error from private.job_runs where job_name = 'delete-files' order by run_id`),
];

test('a deleted user’s videos leave storage with their files, and nobody else’s', async () => {
  const gone = await withVideos('one.mp4', 'shows/two.mp4');
  const kept = await withVideos('three.mp4');
  await deleteAccount(gone.account);
  expect(await isStored(gone.paths[0] ?? '')).toBe(true);
  expect(await call()).toEqual({ status: 200, body: { deleted: 2 } });
  for (const path of gone.paths)
    expect([await isStored(path), isOnDisk(path)]).toEqual([false, false]);
  for (const path of kept.paths)
    expect([await isStored(path), isOnDisk(path)]).toEqual([true, true]);
  expect(await queued()).toEqual([]);
  expect(await runs()).toEqual([{ ok: true, result: { deleted: 2 }, error: null }]);
});

test('a run that finds nothing to do leaves no record', async () => {
  expect(await call()).toEqual({ status: 200, body: {} });
  expect(await runs()).toEqual([]);
});

test('a file that is gone already counts as deleted', async () => {
  await sql`insert into private.file_deletions (bucket_id, name) values
    ('videos', 'gone/already.mp4'), ('no-such-bucket', 'x')`;
  expect(await call()).toEqual({ status: 200, body: { deleted: 2 } });
  expect(await queued()).toEqual([]);
});

describe('a file that cannot be deleted', () => {
  beforeAll(() =>
    superuser.unsafe(`
      create function public.keep_file() returns trigger language plpgsql as $$
      begin
        raise exception 'this file is kept';
      end $$;
      create trigger keep_file before delete on storage.objects
        for each row when (old.name like '%kept.mp4') execute function public.keep_file()`),
  );
  afterAll(() => superuser.unsafe('drop function public.keep_file() cascade'));

  test('stays noted down and is the run’s error; it is deleted when that is possible', async () => {
    const { account, paths } = await withVideos('kept.mp4', 'other.mp4');
    await deleteAccount(account);
    const answer = await call();
    expect(answer).toMatchObject({ status: 500, body: { details: 'job_failed' } });
    expect(await queued()).toEqual([paths[0]]);
    expect(await runs()).toEqual([
      {
        ok: false,
        result: { deleted: 1 },
        error: expect.stringMatching(/^1 of 2 files stay in videos: ./),
      },
    ]);
    await superuser`alter table storage.objects disable trigger keep_file`;
    expect(await call()).toEqual({ status: 200, body: { deleted: 1 } });
    expect([await queued(), await isStored(paths[0] ?? '')]).toEqual([[], false]);
  });
});

test('only the secret key may call it', async () => {
  const { token } = await signUp(stack);
  expect((await call({})).status).toBe(401);
  expect((await call({ apikey: stack.keys.publishable })).status).toBe(401);
  expect((await call({ authorization: `Bearer ${token}` })).status).toBe(401);
});

test('the schedule calls it', async () => {
  const { account, paths } = await withVideos('scheduled.mp4');
  await deleteAccount(account);
  await sql`
    update private.scheduled_jobs set schedule = '* * * * * *', enabled = true where name = 'delete-files'`;
  const isGone = async () => !(await isStored(paths[0] ?? ''));
  expect(await waitUntil(isGone, { timeoutMs: 20_000 })).toBe(true);
});
