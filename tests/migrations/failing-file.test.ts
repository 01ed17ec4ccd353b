import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrateDown, migrateUp, pendingMigrations } from '../../sql/cli/migrations.ts';
import { SqlFileError } from '../../sql/cli/sql-error.ts';
import { runCli } from '../support/cli.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';

let db: EmptyDatabase;
let folder: MigrationsFolder;

beforeEach(async () => {
  db = await createEmptyDatabase();
  folder = createMigrationsFolder();
  folder.write(1, 'good', 'create table good (id int);', 'drop table good;');
});
afterEach(async () => {
  folder.remove();
  await db.drop();
});

const up = () => migrateUp({ url: db.url, dir: folder.dir });

async function fail(sql: string): Promise<SqlFileError> {
  const name = folder.write(2, 'bad', sql);
  const error = await up().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(SqlFileError);
  expect(error.file).toBe(join(folder.dir, `${name}.sql`));
  return error;
}

async function tables(): Promise<string[]> {
  const sql = postgres(db.url, { max: 1 });
  try {
    const rows = await sql`select tablename from pg_tables where schemaname = 'public' order by 1`;
    return rows.map(({ tablename }) => tablename);
  } finally {
    await sql.end();
  }
}

test('leaves nothing of itself, keeps what came before, and stays pending', async () => {
  await fail('create table half (id int);\nselect 1 / 0;');
  expect(await tables()).toEqual(['good']);
  expect(await pendingMigrations(db.url, folder.dir)).toEqual(['20260101000002_bad']);
});

test('an error that Postgres can place is reported on its line, also behind an emoji', async () => {
  const { line, message } = await fail("select '😀😀😀';\n\n-- two\nselect missing from pg_class;");
  expect(line).toBe(4);
  expect(message).toContain('bad.sql:4: column "missing" does not exist (SQLSTATE 42703)');
});

test('an error at run time is reported on the line where its statement begins', async () => {
  const { line, message } = await fail(`-- a comment; with a semicolon
create table half (id int primary key);
insert into half
  values (1);

/* another; one */ insert into half
  values (1);
select 'not reached';`);
  expect(line).toBe(6);
  expect(message).toContain('Detail: Key (id)=(1) already exists.');
});

test('semicolons in bodies, strings and names do not mislead the line', async () => {
  const { line } = await fail(`do $$ begin perform 1; perform 2; end $$;
select 'a;b', E'c\\';d', $tag$ ; $tag$ as "e;f";
create function one() returns int language sql begin atomic select 1; select 2; end;

select 1 / 0;`);
  expect(line).toBe(5);
});

test('a syntax error inside a function body is reported on its own line', async () => {
  const { line } = await fail(`create function broken() returns int
language plpgsql as $$
begin
  retur 1;
end $$;`);
  expect(line).toBe(4);
});

test("what the file itself raises is shown with Postgres' detail, hint and context", async () => {
  const { message } = await fail(
    `do $$ begin raise exception 'boom' using detail = 'the detail', hint = 'the hint'; end $$;`,
  );
  expect(message).toMatch(/boom[\s\S]*Detail: the detail[\s\S]*Hint: the hint[\s\S]*Where: PL/);
});

test('a constraint that is only checked at commit names the file', async () => {
  const { line, message } =
    await fail(`create table half (id int unique deferrable initially deferred);
insert into half values (1), (1);`);
  expect(line).toBeUndefined();
  expect(message).toContain('bad.sql: duplicate key value');
  expect(await tables()).toEqual(['good']);
});

test.each(['begin;', 'COMMIT;', 'rollback;', 'start transaction;', 'end;'])(
  'a file with "%s" is refused before it runs, because it could not be undone',
  async (statement) => {
    folder.write(2, 'bad', `create table half (id int);\n${statement}\nselect 1;`);
    await expect(up()).rejects.toThrow(/bad\.sql:2: .* is not allowed/);
    expect(await tables()).toEqual(['good']);
  },
);

test('a failing rollback leaves its migration applied', async () => {
  folder.write(2, 'sticky', 'create table sticky (id int);', 'drop table sticky;\nselect 1 / 0;');
  await up();
  const error = await migrateDown({ url: db.url, dir: folder.dir }).catch((thrown) => thrown);
  expect(error).toMatchObject({ line: 2, sqlstate: '22012' });
  expect(await tables()).toEqual(['good', 'sticky']);
  expect(await pendingMigrations(db.url, folder.dir)).toEqual([]);
});

test('a file that will not wait for a lock says where to look for its holder', async () => {
  await up();
  const sql = postgres(db.url, { max: 1 });
  try {
    await sql.begin(async (holder) => {
      await holder`lock table good`;
      const { line, message } = await fail('select 1;\nlock table good nowait;');
      expect(line).toBe(2);
      expect(message).toMatch(/SQLSTATE 55P03[\s\S]*Hint: Another session holds a lock/);
    });
  } finally {
    await sql.end();
  }
});

test('the command prints it without a stack trace and exits with 2', async () => {
  folder.write(2, 'bad', 'select 1;\nselect 1 / 0;');
  const { code, stderr } = await runCli(['migrate', '--url', db.url, '--dir', folder.dir]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/20260101000002_bad\.sql:2: division by zero \(SQLSTATE 22012\)/);
  expect(stderr).not.toMatch(/\n\s+at /);
});
