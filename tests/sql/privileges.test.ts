/** What each role may do, as data in `privileges/<domain>.ts`: a grant that is on no list does not exist. */
import type { Sql } from 'postgres';
import { domainThatCreates, readDomainFiles } from '../support/domains.ts';
import { test as base, describe, expect } from '../support/fixtures.ts';
import {
  type DomainPrivileges,
  listedGrants,
  missingGrants,
  unlistedGrants,
} from '../support/privileges.ts';

/** `probe`: the rights that are on no list after some statements, which are undone. */
const test = base.extend('probe', async ({ db }) => {
  const [sql] = (await db.connect(1, 'postgres')) as [Sql];
  return async (statements: string) => {
    await sql.unsafe(`begin; ${statements}`).simple();
    const unlisted = await unlistedGrants(sql, lists);
    await sql`rollback`;
    return unlisted;
  };
});

const lists = await readDomainFiles<DomainPrivileges>(new URL('privileges/', import.meta.url));

describe('the lists', () => {
  test('have every right that anybody has', async ({ db }) => {
    expect(await unlistedGrants(db.sql, lists)).toEqual([]);
  });

  test('have none that nobody has', async ({ db }) => {
    expect(await missingGrants(db.sql, lists)).toEqual([]);
  });

  test.for(lists)('$domain: lists what its own migrations create', async ({ domain, content }) => {
    for (const { object } of listedGrants(content)) {
      const table = object.split('.').slice(0, 2).join('.');
      expect([object, (await domainThatCreates(table)) ?? domain]).toEqual([object, domain]);
    }
  });

  test('mean one function by a name', async ({ db }) => {
    const overloaded = await db.sql`
      select proname from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      group by pronamespace, proname having count(*) > 1`;
    expect(overloaded).toEqual([]);
  });
});

describe('a new object', () => {
  test('is open to nobody but the server until a grant is written', async ({ probe }) => {
    expect(
      await probe(`
        create table public.probe (id integer);
        create function public.probe() returns integer language sql set search_path = '' as 'select 1';
        create function private.probe() returns integer language sql set search_path = '' as 'select 1'`),
    ).toEqual([
      'service_role may execute on public.probe: not in tests/sql/privileges/<domain>.ts',
    ]);
  });

  test('that grants more than a list says is found, with the file that it belongs to', async ({
    probe,
  }) => {
    expect(
      await probe(`
        grant delete on public.streams to authenticated;
        grant update (user_id) on public.streams to authenticated;
        grant select on private.stream_keys to streams_service;
        grant execute on function private.reap_sessions() to anon;
        grant execute on function private.claim_events(text, integer, integer, integer, integer) to public`),
    ).toEqual([
      'everybody may execute on private.claim_events: not in tests/sql/privileges/events.ts',
      'anon may execute on private.reap_sessions: not in tests/sql/privileges/streams.ts',
      'streams_service may select on private.stream_keys: not in tests/sql/privileges/streams.ts',
      'authenticated may delete on public.streams: not in tests/sql/privileges/streams.ts',
      'authenticated may update on public.streams.user_id: not in tests/sql/privileges/streams.ts',
    ]);
  });
});

test('no role reaches a table of the schema private, by whatever membership', async ({ db }) => {
  const reached = await db.sql`
    select rolname, relname from pg_class cross join pg_roles
    where relnamespace = 'private'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      and not rolsuper and rolname !~ '^pg_' and not pg_has_role(pg_roles.oid, relowner, 'usage')
      and has_table_privilege(pg_roles.oid, pg_class.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')`;
  expect(reached).toEqual([]);
});

test('definer functions are in the schema private alone', async ({ db }) => {
  const found = await db.sql`
    select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
  expect(found).toEqual([]);
});
