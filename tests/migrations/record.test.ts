/** The record of applied migrations is Supabase's, in whatever shape it is found, and nothing else decides. */
import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runSupabase } from '../../scripts/supabase-cli.ts';
import { migrateDown, migrateUp } from '../../sql/cli/migrations.ts';
import { readStatus } from '../../sql/cli/status.ts';
import { runCli } from '../support/cli.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';

let db: EmptyDatabase;
let folder: MigrationsFolder;
let names: string[];
let sql: Sql;

beforeEach(async () => {
  db = await createEmptyDatabase();
  folder = createMigrationsFolder();
  names = [1, 2].map((i) =>
    folder.write(i, `t${i}`, `create table t${i} (id int);`, `drop table t${i};`),
  );
  sql = postgres(db.url, { max: 1, onnotice() {} });
});
afterEach(async () => {
  await sql.end();
  folder.remove();
  await db.drop();
});

const up = () => migrateUp({ url: db.url, dir: folder.dir });
const status = () => readStatus(db.url, folder.dir);
const states = async () => (await status()).map(({ state }) => state);
const supabase = (...args: string[]) => runSupabase(args, db.url, folder.parent);
const versions = () =>
  sql`select version from supabase_migrations.schema_migrations order by 1`.values();

describe('as a hosted project has it, with columns of its own', () => {
  beforeEach(async () => {
    await sql.unsafe(`
      create schema supabase_migrations;
      create table supabase_migrations.schema_migrations (
        version text primary key,
        statements text[],
        name text,
        created_by text,
        idempotency_key text unique,
        rollback text[]
      );`);
  });

  test('it is written and read as it is', async () => {
    expect(await up()).toEqual(names);
    expect(await states()).toEqual(['applied', 'applied']);
    expect(await supabase('db', 'push', '--yes')).toMatchObject({
      code: 0,
      stdout: 'Remote database is up to date.\n',
    });
    await migrateDown({ url: db.url, dir: folder.dir });
    expect(await versions()).toEqual([['20260101000001']]);
  });
});

test('of the oldest form, a version alone, it gains the columns that the CLI adds', async () => {
  await sql.unsafe(`
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key);`);
  expect(await up()).toEqual(names);
  expect(await states()).toEqual(['applied', 'applied']);
});

test('what was recorded without its text is applied, and it is said that an edit does not show', async () => {
  await up();
  await sql`update supabase_migrations.schema_migrations set statements = null, name = null`;
  folder.write(1, 't1', 'create table t1 (id bigint);', 'drop table t1;');
  expect(await states()).toEqual(['applied', 'applied']);
  const { code, stdout } = await runCli(['status', '--url', db.url, '--dir', folder.dir]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/_t1 {2}applied {2}20.*; its text is not recorded/),
  });
});

test('a file that the CLI applied and that was edited since is told, and so is who applied it', async () => {
  await supabase('db', 'push', '--yes');
  folder.write(1, 't1', '-- why\ncreate table t1 (id bigint);\n\n', 'drop table t1;');
  expect(await states()).toEqual(['edited', 'applied']);
  const { code, stdout } = await runCli(['status', '--url', db.url, '--dir', folder.dir]);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /_t1 {2}edited {3}by another tool\n.*_t2 {2}applied {2}by another tool\n$/,
  );
});

test('a file with all that hides a semicolon is no edit after either applied it', async () => {
  const text = `-- one; two
create function f() returns text language sql as $$ select 'a;b' || ';' $$;;
/* ; */ insert into t1 select 1 where 'it''s;' <> E'\\n;';
create function g() returns int language sql begin atomic select 1; select 2; end;
-- the; end`;
  folder.write(3, 'hidden', text, 'drop function f; drop function g;');
  expect(await supabase('db', 'push', '--yes')).toMatchObject({ code: 0 });
  expect(await states()).toEqual(['applied', 'applied', 'applied']);
  const byCli = await sql`select statements from supabase_migrations.schema_migrations`.values();
  await migrateDown({ url: db.url, dir: folder.dir, target: { all: true } });
  await up();
  expect(await states()).toEqual(['applied', 'applied', 'applied']);
  const byUs = await sql`select statements from supabase_migrations.schema_migrations`.values();
  expect(byUs).toEqual(byCli);
});

test('what the CLI takes out of the record is pending here, and applies again', async () => {
  await up();
  await sql`drop table t2`;
  const repaired = await supabase('migration', 'repair', '--status', 'reverted', '20260101000002');
  expect(repaired).toMatchObject({ code: 0 });
  expect(await states()).toEqual(['applied', 'pending']);
  expect(await up()).toEqual([names[1]]);
  expect(await versions()).toEqual([['20260101000001'], ['20260101000002']]);
});

test('a file that was given another name is still the one that its version says', async () => {
  await up();
  folder.remove();
  folder = createMigrationsFolder();
  const renamed = folder.write(
    1,
    'called_otherwise',
    'create table t1 (id int);',
    'drop table t1;',
  );
  folder.write(2, 't2', 'create table t2 (id int);', 'drop table t2;');
  expect((await status())[0]).toMatchObject({ name: renamed, state: 'applied' });
  const target = { all: true } as const;
  expect(await migrateDown({ url: db.url, dir: folder.dir, target })).toEqual([names[1], renamed]);
  expect(await up()).toEqual([renamed, names[1]]);
});
