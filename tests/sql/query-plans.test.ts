/** No query that a client can send for a page reads a whole table; the queries are in `query-plans/<domain>.ts`. */
import { readDomainFiles } from '../support/domains.ts';
import { describe, expect, test } from '../support/fixtures.ts';
import { type DomainPlans, scannedTables } from '../support/plans.ts';

const ROWS = 30_000;

const domains = await readDomainFiles<DomainPlans>(new URL('query-plans/', import.meta.url));

/** Every domain's queries of one kind. */
const queriesOf = (kind: 'anyone' | 'signedIn' | 'functions') =>
  domains.flatMap(({ domain, content }) =>
    Object.entries(content[kind] ?? {}).map(([title, query]) => ({ domain, title, query })),
  );

test.beforeAll(async ({ db }) => {
  const fills = domains.map(({ content }) => `${content.fill?.(ROWS) ?? ''};`).join('\n');
  await db.superuser.unsafe(
    `set session_replication_role = replica; ${fills} reset session_replication_role`,
  );
  await db.superuser`analyze`;
});

test.for(queriesOf('anyone'))('$domain: $title, anonymous', async ({ query }, { db }) => {
  expect(await db.asAnon((sql) => scannedTables(sql, query))).toEqual([]);
});

test.for([...queriesOf('anyone'), ...queriesOf('signedIn')])(
  '$domain: $title, signed in',
  async ({ query }, { db }) => {
    const [user] = await db.sql`select md5('u7')::uuid as id`;
    expect(await db.asUser(user?.id, (sql) => scannedTables(sql, query))).toEqual([]);
  },
);

test.for(queriesOf('functions'))('$domain: $title, in a function', async ({ query }, { db }) => {
  expect(await db.sql.begin((sql) => scannedTables(sql, query))).toEqual([]);
});

describe('the test itself', () => {
  const small = domains.flatMap(({ content }) => content.small ?? []).sort();

  test('has filled every table of the API that is not small', async ({ db }) => {
    const unfilled = await db.sql`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and reltuples < ${ROWS}
      order by relname`;
    expect(unfilled.map(({ relname }) => relname)).toEqual(small);
  });

  test('asks for every table that clients read', async ({ db }) => {
    const asked = [...queriesOf('anyone'), ...queriesOf('signedIn')]
      .map(({ query }) => query)
      .join('\n');
    const read = await db.sql`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
        and has_table_privilege('authenticated', oid, 'select')
      order by relname`;
    const isAsked = (name: string) => new RegExp(`public\\.${name}\\b`).test(asked);
    const unasked = read.filter(({ relname }) => !isAsked(relname));
    expect(unasked.map(({ relname }) => relname)).toEqual(small);
  });

  test('tells a scan when there is one', async ({ db }) => {
    const query = 'select * from public.streams where title = $$x$$';
    expect(await db.sql.begin((sql) => scannedTables(sql, query))).toEqual(['streams']);
  });
});
