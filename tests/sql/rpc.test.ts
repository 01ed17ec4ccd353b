/** `publish_rpc`: one line makes a function of `private` part of the API. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

const ROUTINE =
  "returns integer language plpgsql set search_path = '' as $$ begin return 1; end $$";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
  await db.sql.unsafe(`
    create function private.probe_add(a integer, b integer default 2) returns integer
      language plpgsql immutable set search_path = '' as $$ begin return a + b; end $$;
    comment on function private.probe_add(integer, integer) is 'Adds.';
    create function private.probe_rows(prefix text default 'n') returns table (name text, size integer)
      language plpgsql stable security definer set search_path = ''
      as $$ begin return query select prefix || n, n from generate_series(1, 2) as n; end $$;
    comment on function private.probe_rows(text) is 'Two rows.';
    create function private.probe_nothing("position" bigint) returns void
      language plpgsql set search_path = '' as $$ begin perform probe_nothing.position; end $$;
    comment on function private.probe_nothing(bigint) is 'Nothing.';
    create function private.probe_package(data jsonb default '{"a": [1]}') returns public.packages
      language plpgsql stable security definer set search_path = '' as $$
      declare found public.packages;
      begin select * into found from public.packages where id = data ->> 'id'; return found; end $$;
    comment on function private.probe_package(jsonb) is 'A package.';
    select private.publish_rpc('private.probe_add(integer, integer)', 'anon', 'authenticated');
    select private.publish_rpc('private.probe_rows(text)', 'authenticated');
    select private.publish_rpc('private.probe_nothing(bigint)', 'service_role');
    select private.publish_rpc('private.probe_package(jsonb)', 'authenticated');`);
});
afterAll(() => db.drop());

describe('what is published', () => {
  test('has the same parameters, defaults, result, volatility and comment, and runs as the caller', async () => {
    const described = (schema: string) => db.sql`
      select proname, pg_get_function_arguments(oid) as arguments, pg_get_function_result(oid) as result, provolatile,
        obj_description(oid, 'pg_proc') as comment
      from pg_proc where proname like 'probe%' and pronamespace = ${schema}::regnamespace order by proname`;
    expect(await described('public')).toEqual(await described('private'));
    const shells = await db.sql`
      select prosecdef, proconfig from pg_proc where proname like 'probe%' and pronamespace = 'public'::regnamespace`;
    for (const shell of shells)
      expect(shell).toEqual({ prosecdef: false, proconfig: ['search_path=""'] });
  });

  test('answers scalars, rows, a row and nothing', async () => {
    const user = await db.createUser();
    await db.asUser(user.id, async (sql) => {
      expect(await sql`select public.probe_add(1) as sum`).toEqual([{ sum: 3 }]);
      expect(await sql`select public.probe_add(b => 5, a => 1) as sum`).toEqual([{ sum: 6 }]);
      expect(await sql`select * from public.probe_rows()`).toEqual([
        { name: 'n1', size: 1 },
        { name: 'n2', size: 2 },
      ]);
      expect(await sql`select id from public.probe_package('{"id": "pro"}')`).toEqual([
        { id: 'pro' },
      ]);
    });
    await db.asService(async (sql) => {
      expect(await sql`select public.probe_nothing("position" => 1)`).toHaveLength(1);
    });
  });

  test('the roles may, and the secret key; anonymous callers are told to sign in; nobody else may', async () => {
    await db.asService((sql) => sql`select * from public.probe_rows()`);
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.probe_rows()`),
      {
        status: 401,
        details: 'sign_in_required',
      },
    );
    await expectFailure(
      db.asAnon((sql) => sql`select * from private.probe_rows()`),
      {
        code: '42501',
      },
    );
    const user = await db.createUser();
    await expectFailure(
      db.asUser(user.id, (sql) => sql`select public.probe_nothing(1)`),
      { code: '42501' },
    );
  });

  test('goes in one line', async () => {
    await db.sql`select private.drop_rpc('private.probe_add(integer, integer)')`;
    expect(await db.sql`select from pg_proc where proname = 'probe_add'`).toHaveLength(0);
  });
});

describe('what is refused', () => {
  test.each([
    [
      'without a comment',
      `create function private.refused() ${ROUTINE}`,
      ['service_role'],
      /has no comment/,
    ],
    [
      'with an open search_path',
      'create function private.refused() returns integer language plpgsql as $$ begin return 1; end $$',
      ['service_role'],
      /lacks "set search_path = ''"/,
    ],
    [
      'with another search_path',
      "create function private.refused() returns integer language plpgsql set search_path = 'public' as $$ begin return 1; end $$",
      ['service_role'],
      /lacks "set search_path = ''"/,
    ],
    [
      'with a nameless parameter',
      `create function private.refused(integer) ${ROUTINE}`,
      ['service_role'],
      /has a parameter without a name/,
    ],
    [
      'for a role that does not exist',
      `create function private.refused() ${ROUTINE}`,
      ['nobody_at_all'],
      /is published to nobody_at_all, which is no role/,
    ],
    ['for nobody', `create function private.refused() ${ROUTINE}`, [], /is published to nobody/],
    [
      'of another schema',
      `create function public.refused() ${ROUTINE}`,
      ['service_role'],
      /is not in the schema private/,
    ],
    [
      'that is variadic',
      `create function private.refused(variadic names text[]) ${ROUTINE}`,
      ['service_role'],
      /is variadic/,
    ],
  ])('a function %s', async (title, create, roles, message) => {
    await db.sql.unsafe(create);
    const [made] = await db.sql`
      select format('%s.refused(%s)', pronamespace::regnamespace, oidvectortypes(proargtypes)) as signature
      from pg_proc where proname = 'refused'`;
    if (title !== 'without a comment')
      await db.sql.unsafe(`comment on function ${made?.signature} is 'For a test.'`);
    await expectFailure(
      db.sql`select private.publish_rpc(${made?.signature}, variadic ${roles}::text[])`,
      { status: 400, details: 'rpc_invalid', message },
    );
    expect(await db.sql`select from pg_proc where proname = 'refused'`).toHaveLength(1);
    await db.sql.unsafe(`drop function ${made?.signature}`);
  });

  test('one that does not exist', async () => {
    await expectFailure(
      db.sql`select private.publish_rpc('private.not_there(uuid)', 'service_role')`,
      { code: '42883' },
    );
  });
});
