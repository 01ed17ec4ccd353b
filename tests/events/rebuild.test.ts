/**
 * Rebuild equals live: for every table that has events, replaying them gives the row, now and as of any earlier
 * moment. What happens to the rows is in `rebuild/<domain>.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { TestDatabase, TestUser } from '../support/database.ts';
import { readDomainFiles } from '../support/domains.ts';
import { append, type StoredEvent } from '../support/events.ts';
import { expect, test } from '../support/fixtures.ts';
import type { Aggregate, DomainHistory } from '../support/history.ts';
import { createStream } from '../support/streams.ts';

const histories = (await readDomainFiles<DomainHistory>(new URL('rebuild/', import.meta.url))).map(
  ({ content }) => content,
);

const aggregates = new Map<string, Aggregate>(
  histories.flatMap((history) => Object.entries(history.aggregates ?? {})),
);

/** The rows that a replay gives otherwise than the table has them. */
async function differences(db: TestDatabase, type: string, { table, live }: Aggregate) {
  return db.sql`
    select row.id, to_jsonb(row) - ${live}::text[] as live,
      to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, row.id, null, null))) - ${live}::text[] as rebuilt
    from ${db.sql(table)} as row
    where to_jsonb(row) - ${live}::text[]
      is distinct from to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, row.id, null, null))) - ${live}::text[]`;
}

/** What `record_events` was told of each table, read from the recorders that it made. */
function recordings(db: TestDatabase) {
  return db.sql<{ table: string; aggregate: string; events: string[] }[]>`
    select tgrelid::regclass::text as table, substring(prosrc from $$write_event[(]'([A-Za-z]+)'$$) as aggregate,
      array(select match[1] from regexp_matches(
        substring(prosrc from 'event_type text := (.*?);'), $$'([A-Z][a-z]+[A-Z][A-Za-z]+)'$$, 'g') as match) as events
    from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    where tgname like '%\_append\_event'`;
}

interface Moment {
  readonly at: string;
  readonly rows: Map<string, unknown>;
}

async function copyOfTables(db: TestDatabase): Promise<Moment> {
  const rows = new Map<string, unknown>();
  for (const [type, { table, live }] of aggregates) {
    const found =
      await db.sql`select id, to_jsonb(row) - ${live}::text[] as row from ${db.sql(table)} as row`;
    for (const { id, row } of found) rows.set(`${type} ${id}`, row);
  }
  const [clock] = await db.sql`select clock_timestamp()::text as at`;
  return { at: clock?.at, rows };
}

/** Everything that happens, domain by domain; returns the moments that were remembered, and who is about to leave. */
async function live(db: TestDatabase): Promise<{ moments: Moment[]; leaver: TestUser }> {
  const moments: Moment[] = [];
  const remember = async () => {
    moments.push(await copyOfTables(db));
  };
  const owner = await db.createUser({ username: 'rebuild' });
  const leaver = await db.createUser();
  await remember();
  for (const history of histories) await history.happen({ db, owner, leaver, remember });
  return { moments, leaver };
}

test('every table that has events is compared', async ({ db }) => {
  const written = (await recordings(db)).map(({ aggregate, table }) => `${aggregate} of ${table}`);
  const compared = [...aggregates].map(
    ([type, { table }]) => `${type} of ${table.replace('public.', '')}`,
  );
  expect(compared.sort()).toEqual([...new Set(written)].sort());
});

test('every row, now and at every moment of its life, is what its events say', async ({ db }) => {
  const { moments, leaver } = await live(db);
  const expectNow = async () => {
    for (const [type, aggregate] of aggregates) {
      expect(await differences(db, type, aggregate), `${type} now`).toEqual([]);
    }
  };
  await expectNow();
  for (const { at, rows } of moments) {
    for (const [key, row] of rows) {
      const [type, id] = key.split(' ') as [string, string];
      const { table, live } = aggregates.get(type) as Aggregate;
      const [rebuilt] = await db.sql`
        select to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, ${id}, ${at}, null))) - ${live}::text[] as row`;
      expect(rebuilt?.row, `${key} at ${at}`).toEqual(row);
    }
  }
  await db.superuser`delete from auth.users where id = ${leaver.id}`;
  await expectNow();
});

test('a change is recorded however large it is: the limits of append_event are for what is appended by hand', async ({
  db,
}) => {
  const stream = await createStream(db, (await db.createUser()).id);
  await db.superuser.begin(async (sql) => {
    await sql`alter table public.streams disable trigger streams_prepare`;
    await sql`insert into public.streams (user_id, title, description)
      select user_id, 'Large', repeat('x', 300000) from public.streams where id = ${stream.id}`;
    await sql`alter table public.streams enable trigger streams_prepare`;
  });
  const [created] = await db.sql`
    select length(event_data -> 'new' ->> 'description') as size from private.events
    where event_type = 'StreamCreated' order by position desc limit 1`;
  expect(created?.size).toBe(300000);
});

test('what is deleted is deleted in the replay', async ({ db }) => {
  const ended = await db.sql`
    select distinct aggregate_type from private.event_heads
    where private.replay(aggregate_type, aggregate_id, null, null) is null order by 1`;
  expect(ended.map(({ aggregate_type: type }) => type)).toEqual([...aggregates.keys()].sort());
});

test('every kind of change so far has happened here, and each event says what changed', async ({
  db,
}) => {
  const happened = await db.sql`select distinct event_type from private.event_log`;
  const notices = histories.flatMap((history) => history.notices ?? []);
  const changes = (await recordings(db)).flatMap(({ events }) => events);
  expect(happened.map(({ event_type: type }) => type).sort()).toEqual(
    [...new Set([...notices, ...changes])].sort(),
  );
  const [role] = await db.sql<StoredEvent[]>`select * from private.event_log
    where event_type = 'RoleChanged' and event_data -> 'new' ->> 'role' = 'moderator'`;
  expect(role?.event_data).toMatchObject({ old: { role: 'user' }, new: { role: 'moderator' } });
  const [ended] = await db.sql<
    StoredEvent[]
  >`select * from private.event_log where event_type = 'SessionEnded' order by position limit 1`;
  expect(ended?.event_data).toMatchObject({
    new: { status: 'stopped', ended_reason: 'disconnected', bytes_in: 1300, viewer_seconds: 0 },
  });
});

test('chains are whole, and no event holds a secret', async ({ db }) => {
  const broken = await db.sql`
    select * from private.event_heads where not (private.verify_events(aggregate_type, aggregate_id)).valid`;
  expect(broken).toEqual([]);
  const { key } = await createStream(db, (await db.createUser()).id);
  const [text] = await db.sql`select string_agg(events::text, '') as log from private.events`;
  expect(text?.log).not.toContain(key.slice(0, 12));
  await append(db, randomUUID(), { data: { new: { key } } });
  const [with_] =
    await db.sql`select string_agg(event_log::text, '') as log from private.event_log`;
  expect(with_?.log).toContain(key.slice(0, 12));
});
