import { describe, expect, test } from 'vitest';
import type { Exception } from '../../scripts/domains/exceptions.ts';
import { lintDomains } from '../../scripts/domains/lint.ts';

const CORE = 'sql/migrations/20260101000100_core.sql';
const STREAMS = 'sql/migrations/20260101000200_streams.sql';
const STREAMS_KEYS = 'sql/migrations/20260101000210_streams_keys.sql';
const ROOMS = 'sql/migrations/20260101000300_rooms.sql';
const ROOMS_ROLLBACK = 'sql/rollbacks/20260101000300_rooms.sql';

/** Three domains that keep to themselves. */
const CLEAN: Readonly<Record<string, string>> = {
  [CORE]: `
    create table private.settings (key text primary key, value jsonb);
    create function private.fail(code text) returns void language plpgsql as $$ begin end $$;
    create function private.touch() returns trigger language plpgsql as $$ begin return new; end $$;`,
  [STREAMS]: `
    insert into private.settings values ('limit', '1');
    create table public.streams (id uuid primary key);
    comment on column public.streams.id is 'Names private.rooms, in a string.'; -- and private.rooms, in a comment
    grant select (id), update on public.streams to authenticated;
    create policy own on public.streams for select to authenticated using (private.stream_is_mine(id));
    alter table public.streams enable row level security;
    alter publication supabase_realtime add table public.streams;`,
  [STREAMS_KEYS]: `
    create function private.stream_is_mine(id uuid) returns boolean language sql
    begin atomic select true; end;
    revoke all on function private.stream_is_mine(uuid) from public;
    create view private.keys as select id from public.streams;`,
  [ROOMS]: `
    create type private.room as (stream public.streams);
    create table public.rooms (id uuid references public.streams);
    create index rooms_idx on public.streams (id);
    create trigger rooms_close after delete on public.streams for each row execute function private.touch();
    comment on trigger rooms_close on public.streams is 'Ours.';
    create policy rooms_read on public.streams for select to anon using (false);
    create trigger rooms_welcome after insert on auth.users for each row execute function private.touch();`,
  [ROOMS_ROLLBACK]: `
    drop trigger rooms_welcome on auth.users;
    drop policy rooms_read on public.streams;
    drop trigger if exists rooms_close on public.streams;
    delete from private.settings where key = 'x';
    drop table public.rooms;
    drop type if exists private.room;`,
};

/** What is found when a file has this in its 1st line, before the rest. */
function lintWith(path: string, sql: string, exceptions: readonly Exception[] = []): string[] {
  const files = { ...CLEAN, [path]: `${sql}${CLEAN[path] ?? ''}` };
  const written = Object.entries(files).map(([name, text]) => ({ path: name, sql: text }));
  return lintDomains(written, exceptions);
}

test('domains that keep to themselves have no findings', () => {
  expect(lintWith(CORE, '')).toEqual([]);
});

describe('what is of another domain is not changed', () => {
  test.each([
    ['alter table public.streams add column x int;', 'alter public.streams'],
    [
      'alter table if exists only public.streams disable row level security;',
      'alter public.streams',
    ],
    ['alter function private.stream_is_mine(uuid) stable;', 'alter private.stream_is_mine'],
    ['drop view private.keys;', 'drop private.keys'],
    [
      'drop function if exists private.stream_is_mine(private.room) cascade;',
      'drop private.stream_is_mine',
    ],
    ['alter policy own on public.streams using (true);', 'alter policy own on public.streams'],
    ['drop policy "own" on public.streams;', 'drop policy own on public.streams'],
    ["comment on table public.streams is '';", 'comment on public.streams'],
    ["comment on column public.streams.id is '';", 'comment on public.streams'],
    [
      "comment on function private.stream_is_mine(uuid) is '';",
      'comment on private.stream_is_mine',
    ],
    ['grant select on public.rooms, public.streams to anon;', 'grant public.streams'],
    ['grant update (id) on table public.streams to anon;', 'grant public.streams'],
    [
      'revoke execute on function private.stream_is_mine(uuid) from anon;',
      'revoke private.stream_is_mine',
    ],
    [
      'alter publication supabase_realtime add table public.rooms, public.streams;',
      'alter publication public.streams',
    ],
    ['do $$ begin alter table public.streams add column x int; end $$;', 'alter public.streams'],
    ['ALTER TABLE "public"."streams" ADD COLUMN x int;', 'alter public.streams'],
  ])('%s', (sql, change) => {
    for (const path of [ROOMS, ROOMS_ROLLBACK]) {
      expect(lintWith(path, sql)).toEqual([
        `${path}:1: ${change}, which is of streams: only a file of streams may; move it there`,
      ]);
    }
  });

  test('a function that dynamic SQL published is of the domain of its namesake in private', () => {
    const publish = `select private.publish('stream_is_mine');`;
    expect(
      lintWith(
        STREAMS_KEYS,
        `${publish} grant execute on function public.stream_is_mine(uuid) to anon;`,
      ),
    ).toEqual([]);
    expect(
      lintWith(ROOMS, 'grant execute on function public.stream_is_mine(uuid) to anon;'),
    ).toHaveLength(1);
  });

  test('a file may drop what another file of its domain made', () => {
    expect(lintWith(STREAMS_KEYS, 'alter table public.streams add column x int;')).toEqual([]);
  });
});

describe('nothing is replaced', () => {
  test.each([
    [
      'what is of another domain',
      ROOMS,
      'create or replace function private.fail(a text) returns void language sql as $$ $$;',
      'private.fail',
    ],
    [
      "what is of one's own",
      STREAMS,
      'create or replace view public.live as select 1;',
      'public.live',
    ],
    [
      'a trigger',
      STREAMS,
      'create or replace trigger own after insert on public.streams execute function private.touch();',
      'public.streams',
    ],
    [
      'in a rollback',
      ROOMS_ROLLBACK,
      'create  or replace function private.fail() returns void language sql as $$ $$;',
      'private.fail',
    ],
  ])('%s', (_title, path, sql, name) => {
    expect(lintWith(path, sql)).toEqual([
      expect.stringContaining(`${path}:1: create or replace of ${name}: create it once`),
    ]);
  });

  test("Supabase's own may be", () => {
    expect(
      lintWith(
        ROOMS,
        'create or replace function extensions.x() returns int language sql as $$ select 1 $$;',
      ),
    ).toEqual([]);
  });
});

describe('only what comes before is named', () => {
  const finding = (path: string, line: number, what: string) => [
    expect.stringContaining(
      `${path}:${line}: ${what}, which comes later: move this to rooms, or let rooms register`,
    ),
  ];

  test.each([
    ['in a statement', 'create view private.seen as select * from public.rooms;'],
    [
      'in a body, as a type',
      'create function private.f() returns void language plpgsql as $$ declare r public.rooms; begin end $$;',
    ],
    [
      'in a body in a body',
      'do $do$ begin execute $sql$ select id from public.rooms $sql$; end $do$;',
    ],
    [
      'in a body in standard SQL',
      'create function private.f() returns void begin atomic delete from public.rooms; end;',
    ],
    ['with a column', 'create index x on private.settings ((public.rooms.id));'],
  ])('%s', (_title, sql) => {
    expect(lintWith(STREAMS, sql)).toEqual(
      finding(STREAMS, 1, 'streams names public.rooms of rooms'),
    );
  });

  test('once a file, at the first line', () => {
    const sql = `-- public.rooms\nselect 'public.rooms'; /* public.rooms\n*/ select public.rooms.id from\npublic.rooms;`;
    expect(lintWith(STREAMS, sql)).toEqual(
      finding(STREAMS, 3, 'streams names public.rooms of rooms'),
    );
  });

  test('but for an exception, and an exception that excuses nothing is found', () => {
    const exception = { domain: 'streams', names: 'public.rooms', reason: 'Planted.' };
    expect(lintWith(STREAMS, 'select * from public.rooms;', [exception])).toEqual([]);
    expect(lintWith(CORE, 'select * from public.rooms;', [exception])).toEqual([
      ...finding(CORE, 1, 'core names public.rooms of rooms'),
      'scripts/domains/exceptions.ts: streams no longer names public.rooms: take the exception out',
    ]);
  });
});

test('two domains cannot give one name to two things', () => {
  expect(
    lintWith(ROOMS, 'create function private.fail(a int) returns void language sql as $$ $$;'),
  ).toEqual([`${ROOMS}:1: private.fail is a name of core: choose another`]);
});

test('a file whose name does not tell a domain is found', () => {
  expect(lintWith('sql/migrations/2026_Rooms.sql', 'select 1;')).toEqual([
    'sql/migrations/2026_Rooms.sql: name it <version>_<domain>[_<part>].sql',
  ]);
});
