/** The gateway changes nothing of who may do what in the database. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { readCatalogue } from '../../scripts/catalogue/catalogue.ts';
import { prepareGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await prepareGateway({ content: 'product' });
});

afterAll(() => gateway?.stop());

async function everyGrant(): Promise<string[]> {
  const rows = await gateway.sql.unsafe<{ line: string }[]>(`
    select 'relation ' || oid::regclass || ' ' || relowner::regrole || ' ' || coalesce(relacl::text, '') as line
    from pg_class where relkind in ('r', 'p', 'v', 'm', 'S')
    union all
    select 'column ' || attrelid::regclass || '.' || attname || ' ' || attacl::text
    from pg_attribute where attacl is not null
    union all
    select 'function ' || oid::regprocedure || ' ' || proowner::regrole || ' ' || coalesce(proacl::text, '')
      || md5(prosrc)
    from pg_proc
    union all
    select 'schema ' || nspname || ' ' || nspowner::regrole || ' ' || coalesce(nspacl::text, '')
    from pg_namespace where nspname !~ '^pg_(toast_)?temp'
    union all
    select 'default ' || defaclrole::regrole || ' ' || defaclnamespace::regnamespace || defaclobjtype::text || defaclacl::text
    from pg_default_acl
    union all
    select 'role ' || to_jsonb(r)::text from pg_roles r
    union all
    select 'member ' || to_jsonb(m)::text from pg_auth_members m
    union all
    select 'database ' || datname || ' ' || coalesce(datacl::text, '') from pg_database`);
  return rows.map(({ line }) => line).sort();
}

const everyDefinition = () => readCatalogue(databaseUrl(gateway.config.ports.db, 'supabase_admin'));

test('every grant and every definition is the same before and after the gateway has worked', async () => {
  const [grants, definitions] = [await everyGrant(), await everyDefinition()];
  expect(grants.length).toBeGreaterThan(1000);

  await gateway.start();
  const { client } = await gateway.signUp({ username: 'grantless' });
  expect((await client.from('profiles').select()).error).toBeNull();
  expect((await client.rpc('my_linked_accounts')).error).toBeNull();
  expect((await gateway.anon().from('streams').select()).error).toBeNull();
  expect((await gateway.service().storage.createBucket('grants')).error).toBeNull();
  expect((await gateway.service().storage.listBuckets()).error).toBeNull();

  expect(await everyGrant()).toEqual(grants);
  expect(await everyDefinition()).toEqual(definitions);
});
