import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

test('the migrations ran as postgres, which is no superuser', async () => {
  expect(await db.sql`select rolsuper from pg_roles where rolname = current_user`).toEqual([
    { rolsuper: false },
  ]);
  const owners = await db.sql`
    select distinct c.relowner::regrole::text as owner from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'm', 'S')`;
  expect(owners).toEqual([{ owner: 'postgres' }]);
});

describe.each(['supabase_migrations.schema_migrations', 'streambed_migrations.migrations'])(
  'the record in %s',
  (table) => {
    test.each(['anon', 'authenticated', 'service_role'])('is closed to %s', async (role) => {
      const [grants] = await db.sql`
        select has_schema_privilege(${role}, split_part(${table}, '.', 1), 'usage') as usage,
          has_table_privilege(${role}, ${table}, 'select') as read`;
      expect(grants).toEqual({ usage: false, read: false });
    });
  },
);

test('an API role that tries is refused', async () => {
  await expectFailure(
    db.asService((sql) => sql`select * from supabase_migrations.schema_migrations`),
    { code: '42501' },
  );
});
