/** What the roles of the API may do, as data: a grant that is not on these lists does not exist. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const tablePrivileges = async (role: string) => {
  const rows = await db.sql`
    select format('%s %s', relname, string_agg(privilege, ',' order by privilege)) as line
    from pg_class, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      and has_table_privilege(${role}, pg_class.oid, privilege)
    group by relname order by relname`;
  return rows.map(({ line }) => line);
};

const functions = async (role: string, schema: string) => {
  const rows = await db.sql`
    select proname from pg_proc
    where pronamespace = ${schema}::regnamespace and has_function_privilege(${role}, oid, 'execute')
    order by proname`;
  return rows.map(({ proname }) => proname);
};

describe('tables', () => {
  test('anonymous', async () => {
    expect(await tablePrivileges('anon')).toEqual([
      'packages SELECT',
      'profiles SELECT',
      'streams SELECT',
    ]);
  });

  test('signed in', async () => {
    expect(await tablePrivileges('authenticated')).toEqual([
      'packages SELECT',
      'profiles SELECT',
      'stream_requests SELECT',
      'stream_sessions SELECT',
      'streams SELECT',
      'user_sessions SELECT',
      'users SELECT',
    ]);
  });

  test('columns that a signed-in user may write', async () => {
    const rows = await db.sql`
      select format('%s.%s', table_name, column_name) as line from information_schema.column_privileges
      where grantee in ('anon', 'authenticated') and table_schema = 'public' and privilege_type <> 'SELECT' order by 1`;
    expect(rows.map(({ line }) => line)).toEqual([
      'profiles.avatar_url',
      'profiles.bio',
      'profiles.display_name',
      'profiles.username',
      'streams.category',
      'streams.description',
      'streams.settings',
      'streams.title',
      'streams.visibility',
      'users.first_name',
      'users.last_name',
    ]);
  });

  test.each([
    'anon',
    'authenticated',
    'service_role',
    'streams_service',
    'restream_worker',
    'authenticator',
  ])('%s reaches no table of the schema private', async (role) => {
    const rows = await db.sql`
        select relname from pg_class where relnamespace = 'private'::regnamespace and relkind in ('r', 'p')
          and has_table_privilege(${role}, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')`;
    expect(rows).toEqual([]);
  });
});

describe('functions', () => {
  const forAll = ['begin_viewing', 'get_playback', 'get_stream'];

  test('anonymous', async () => {
    expect(await functions('anon', 'public')).toEqual(forAll);
  });

  test('signed in', async () => {
    expect(await functions('authenticated', 'public')).toEqual(
      [
        ...forAll,
        'approve_stream_request',
        'cancel_stream_request',
        'create_stream',
        'delete_stream',
        'disable_stream',
        'enable_stream',
        'event_consumers',
        'get_admissions',
        'get_audit_trail',
        'get_job_runs',
        'get_settings',
        'get_stream_health',
        'get_stream_keys',
        'get_viewer_history',
        'my_linked_accounts',
        'register_device',
        'reject_stream_request',
        'request_stream',
        'revoke_session',
        'rotate_stream_key',
        'set_setting',
        'set_user_package',
        'set_user_role',
        'start_stream_request',
        'stop_restream',
      ].sort(),
    );
  });

  test('streams_service', async () => {
    expect(await functions('streams_service', 'public')).toEqual([
      'authorize_play',
      'begin_ingest',
      'cleanup_orphaned_streams',
      'end_ingest',
      'reap_sessions',
      'renew_ingest',
      'validate_stream_key',
    ]);
  });

  test('restream_worker', async () => {
    const own = ['claim_session', 'renew_session', 'report_session'];
    expect(await functions('restream_worker', 'public')).toEqual(own);
    expect(await functions('restream_worker', 'private')).toEqual(own);
    expect(await tablePrivileges('restream_worker')).toEqual([]);
  });

  test('no function of ours is open to every role, and a new one is not either', async () => {
    await db.sql`create function public.probe() returns integer language sql set search_path = '' as 'select 1'`;
    await db.sql`create function private.probe() returns integer language sql set search_path = '' as 'select 1'`;
    const rows = await db.sql`
      select oid::regprocedure::text from pg_proc
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)`;
    expect(rows).toEqual([]);
    expect(await functions('authenticated', 'public')).not.toContain('probe');
  });

  test('definer functions are in the schema private alone', async () => {
    const rows =
      await db.sql`select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
    expect(rows).toEqual([]);
  });
});

test('a new table is reached by no client until a grant is written', async () => {
  await db.sql`create table public.probe_table (id integer)`;
  for (const role of ['anon', 'authenticated']) {
    expect((await tablePrivileges(role)).join()).not.toContain('probe_table');
  }
});
