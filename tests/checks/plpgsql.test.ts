import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MigratedDatabase, MigratedDatabases } from '../../scripts/checks/databases.ts';
import { lintFunctions, plpgsql } from '../../scripts/checks/plpgsql.ts';

const databases = new MigratedDatabases();
let database: MigratedDatabase | undefined;

beforeAll(async () => {
  database = await databases.withPlpgsqlCheck();
});
afterAll(() => databases.stop());

const PLANTED = `
  create function private.planted() returns int language plpgsql set search_path = '' as $$
  declare nothing int; begin return 1; end $$;
  create function private.planted_trigger() returns trigger language plpgsql set search_path = '' as $$
  begin new.missing := 1; return new; end $$;
  create trigger planted before insert on public.users
    for each row execute function private.planted_trigger();`;

test('what is wrong inside a function or a trigger is found; our own have nothing', async () => {
  if (!database) {
    const { skipped } = await plpgsql.run(databases); // a laptop may not have it; CI installs it
    expect(skipped).toContain('apt install postgresql-15-plpgsql-check');
    return;
  }
  expect(await lintFunctions(database.url, database.superuserUrl)).toEqual([]);
  const sql = postgres(database.url, { max: 1 });
  try {
    await sql.unsafe(PLANTED).simple();
  } finally {
    await sql.end();
  }
  expect(await lintFunctions(database.url, database.superuserUrl)).toEqual([
    'private.planted: warning: unused variable "nothing"',
    'private.planted_trigger() on public.users, line 2: error: record "new" has no field "missing"',
  ]);
});
