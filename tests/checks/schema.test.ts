import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MigratedDatabase, MigratedDatabases } from '../../scripts/checks/databases.ts';
import { compareWithKept } from '../../scripts/checks/fresh.ts';
import { generateSchema, SCHEMA_FILE } from '../../scripts/generate-schema.ts';

const [databases, others] = [new MigratedDatabases(), new MigratedDatabases()];
let database: MigratedDatabase;
let sql: Sql;
let schema: string;

beforeAll(async () => {
  database = await databases.embedded();
  sql = postgres(database.superuserUrl, { max: 1, onnotice() {} });
  schema = await generateSchema(database);
});
afterAll(async () => {
  await sql?.end();
  await Promise.all([databases.stop(), others.stop()]);
});

/** What was put between the lines of a text. */
function addedLines(before: string, after: string): string[] {
  const kept = before.split('\n').values();
  let next = kept.next();
  const isAdded = (line: string) => {
    if (line !== next.value) return true;
    next = kept.next();
    return false;
  };
  return after.split('\n').filter((line) => isAdded(line) && line !== '');
}

/** The lines that some statements, run as the superuser, add to the schema; then undoes them. */
async function linesAddedBy(plant: string, cure: string): Promise<string[]> {
  await sql.unsafe(`${plant}; reset role`).simple();
  const planted = await generateSchema(database);
  await sql.unsafe(cure).simple();
  expect(await generateSchema(database)).toBe(schema);
  return addedLines(schema, planted);
}

test('another database on another server gives the same text, to the letter', async () => {
  expect(await generateSchema(await others.embedded())).toBe(schema);
});

test('a function that dynamic SQL made is in it, with its body, its comment and its grants', async () => {
  const added = await linesAddedBy(
    `set role postgres;
    do $$ begin
      execute format('create function public.%I(a int) returns int language sql as %L', 'planted', 'select a + 1');
      execute format('comment on function public.%I(int) is %L', 'planted', 'Planted.');
      execute format('revoke all on function public.%I(int) from public', 'planted');
      execute format('grant execute on function public.%I(int) to anon', 'planted');
    end $$`,
    'drop function public.planted(int)',
  );
  expect(added.join('\n')).toBe(
    `CREATE OR REPLACE FUNCTION public.planted(a integer)
 RETURNS integer
 LANGUAGE sql
AS $function$select a + 1$function$;
comment on function public.planted(integer) is 'Planted.';
grant execute on function public.planted(integer) to anon;
grant execute on function public.planted(integer) to service_role;`,
  );
});

test('a table has its parts beside it, in one place', async () => {
  const added = await linesAddedBy(
    `create role planted_owner;
     create table private.planted (id bigint generated always as identity primary key, note text default 'x'
       check (note <> ''));
     alter table private.planted owner to planted_owner;
     comment on column private.planted.note is 'It''s a note.';
     create index planted_note_idx on private.planted (lower(note)) where note is not null;
     alter table private.planted enable row level security;
     create policy planted_select on private.planted for select to anon using (id > 1);
     comment on policy planted_select on private.planted is 'Some.';
     create trigger planted_touch before update on private.planted
       for each row execute function private.touch_updated_at();
     grant select (id), update on private.planted to anon;
     insert into private.planted values (default, 'a row'), (default, null);`,
    'drop table private.planted; drop role planted_owner',
  );
  expect(added.slice(1)).toEqual([
    'create table private.planted (',
    '  id bigint generated always as identity not null,',
    "  note text default 'x'::text,",
    '  constraint planted_pkey PRIMARY KEY (id),',
    "  constraint planted_note_check CHECK (note <> ''::text)",
    ');',
    'alter table private.planted owner to planted_owner;',
    'alter table private.planted enable row level security;',
    "comment on column private.planted.note is 'It''s a note.';",
    'CREATE INDEX planted_note_idx ON private.planted USING btree (lower(note)) WHERE note IS NOT NULL;',
    'grant select (id) on private.planted to anon;',
    'grant update on private.planted to anon;',
    'create policy planted_select on private.planted for select to anon',
    '  using (id > 1);',
    "comment on policy planted_select on private.planted is 'Some.';",
    'CREATE TRIGGER planted_touch BEFORE UPDATE ON private.planted FOR EACH ROW EXECUTE FUNCTION private.touch_updated_at();',
    "insert into private.planted (id, note) values ('1', 'a row');",
    "insert into private.planted (id, note) values ('2', NULL);",
  ]);
});

test("what is put into Supabase's schemas is in it, and what is taken from it", async () => {
  const added = await linesAddedBy(
    `create trigger planted before delete on auth.users for each row execute function private.touch_updated_at();
     create policy planted on storage.objects for select to anon using (false);
     alter publication supabase_realtime add table public.packages (id, name);
     alter default privileges for role postgres in schema storage revoke all on functions from anon;`,
    `drop trigger planted on auth.users;
     drop policy planted on storage.objects;
     alter publication supabase_realtime drop table public.packages;
     alter default privileges for role postgres in schema storage grant all on functions to anon;`,
  );
  expect(added).toEqual([
    'alter publication supabase_realtime add table public.packages (id, name);',
    'CREATE TRIGGER planted BEFORE DELETE ON auth.users FOR EACH ROW EXECUTE FUNCTION private.touch_updated_at();',
    'create policy planted on storage.objects for select to anon',
    '  using (false);',
    '-- alter default privileges for role postgres in schema storage grant execute on functions to anon;',
  ]);
});

test('types and views are in it', async () => {
  const added = await linesAddedBy(
    `create type public.planted_mood as enum ('sad', 'ok');
     create domain public.planted_short as text check (length(value) < 9);
     create type public.planted_pair as (a text, b int);
     comment on type public.planted_pair is 'Two.';
     create view public.planted with (security_invoker = true) as select key from private.settings;
     comment on column public.planted.key is 'A key.';
     revoke all on public.planted from anon, authenticated, service_role, postgres;`,
    `drop view public.planted; drop type public.planted_mood, public.planted_pair; drop domain public.planted_short`,
  );
  expect(added).toEqual([
    "create type public.planted_mood as enum ('sad', 'ok');",
    'alter type public.planted_mood owner to supabase_admin;',
    'create type public.planted_pair as (',
    '  a text,',
    '  b integer',
    ');',
    'alter type public.planted_pair owner to supabase_admin;',
    "comment on type public.planted_pair is 'Two.';",
    'create domain public.planted_short as text',
    '  constraint planted_short_check CHECK (length(VALUE) < 9);',
    'alter type public.planted_short owner to supabase_admin;',
    'create view public.planted with (security_invoker=true) as',
    ' SELECT key',
    '   FROM private.settings;',
    'alter view public.planted owner to supabase_admin;',
    "comment on column public.planted.key is 'A key.';",
  ]);
});

test("a secret's value, and the partitions that time brings, are not in it", async () => {
  const secrets = await sql`select encode(secret, 'hex') as hex from private.secrets`;
  expect(secrets.length).toBeGreaterThan(0);
  for (const { hex } of secrets) expect(schema).not.toContain(hex);
  expect(
    await linesAddedBy(
      `select private.create_partition('private.job_runs', 'day', '2040-01-01')`,
      'drop table private.job_runs_20400101',
    ),
  ).toEqual([]);
});

test('a file that is stale is told with its first line that differs', async () => {
  expect(
    await compareWithKept(SCHEMA_FILE, 'make it', schema.replace('Schema private', 'X')),
  ).toEqual([
    expect.stringMatching(
      /^sql\/schema\.sql is stale, run `make it`: line \d+: has -- Schema private -+, should have -- X -+$/,
    ),
  ]);
});
