/** What is left of a user in the database once the account is gone: nothing that says who it was. */
import { randomBytes, randomUUID } from 'node:crypto';
import { archive, dropConsumers, fillPartition, readToEnd } from '../support/archive.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventsOf, replay } from '../support/events.ts';
import { describe, expect, test } from '../support/fixtures.ts';
import { startRestream } from '../support/restream.ts';
import { createStream, publish, type TestStream } from '../support/streams.ts';

/** Somebody whose every personal value has the mark in it, or is the address. */
interface Person {
  readonly id: string;
  readonly mark: string;
  readonly address: string;
  readonly stream: TestStream;
  readonly sessionId: string;
}

async function describeStream(db: TestDatabase, person: Pick<Person, 'id' | 'mark' | 'stream'>) {
  const { id, mark, stream } = person;
  await db.asUser(
    id,
    (sql) => sql`
      update public.streams set title = ${`Title ${mark}`}, description = ${`About ${mark}`},
        settings = ${sql.json({ theme: mark })} where id = ${stream.id}`,
  );
}

/** Signs somebody up who has a device, is on air, was refused once, and restreams a video. */
async function makePerson(db: TestDatabase): Promise<Person> {
  const mark = `m${randomBytes(6).toString('hex')}`;
  const address = `2001:db8:${randomBytes(2).toString('hex').replace(/^0/, 'f')}::7`;
  const { id } = await db.createUser({ email: `${mark}@example.com`, username: mark });
  await db.asUser(id, async (sql) => {
    await sql`update public.users set first_name = ${mark}, last_name = ${mark} where id = ${id}`;
    await sql`update public.profiles set display_name = ${mark}, bio = ${mark},
      avatar_url = ${`https://example.com/${mark}.png`} where id = ${id}`;
  });
  await db.asUser(id, (sql) => sql`select public.register_device(${`Phone of ${mark}`}, 'phone')`, {
    claims: { session_id: randomUUID() },
    headers: { 'x-real-ip': address, 'user-agent': `Browser ${mark}` },
  });
  const stream = await createStream(db, id, { title: `First ${mark}` });
  await describeStream(db, { id, mark, stream });
  const { session_id: sessionId } = await publish(db, stream, { ip: address });
  await publish(db, stream, { ip: address });
  await startRestream(db, id, {
    title: `Video ${mark}`,
    source: `https://videos.example.com/${mark}.mp4`,
    target: `rtmp://live.example.com/app/${mark}`,
  });
  return { id, mark, address, stream, sessionId: sessionId ?? '' };
}

/** The tables that have a personal value of somebody in clear. */
async function tracesOf(db: TestDatabase, { mark, address }: Person): Promise<string[]> {
  const tables = await db.superuser`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema in ('auth', 'public', 'private') and table_type = 'BASE TABLE' order by 1`;
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.superuser`
      select from ${db.superuser(name)} as row where row::text ilike any (${[`%${mark}%`, `%${address}%`]}) limit 1`;
    if (rows.length > 0) found.push(name.replace(/_(\d+|default)$/, ''));
  }
  return [...new Set(found)];
}

const typesOf = async (db: TestDatabase, type: string, id: string) =>
  (await eventsOf(db, type, id)).map(({ event_type }) => event_type);

let leaver: Person;
let stayer: Person;
let before: { at: string; leaver: string[]; stayer: string[] };

test.beforeAll(async ({ db }) => {
  await dropConsumers(db);
  await db.sql`update private.settings set value = '100' where key = 'default_streams_allowed'`;
  [leaver, stayer] = [await makePerson(db), await makePerson(db)];
  await fillPartition(db);
  for (const person of [leaver, stayer])
    await describeStream(db, { ...person, mark: `${person.mark}2` });
  await readToEnd(db);
  expect(await archive(db)).toEqual(['private.event_log_0']);
  const [clock] = await db.sql`select clock_timestamp()::text as at`;
  before = {
    at: clock?.at,
    leaver: await tracesOf(db, leaver),
    stayer: await tracesOf(db, stayer),
  };
  await db.asUser(leaver.id, (sql) => sql`select public.delete_account()`);
});

test('until then it stands in the tables, and in no event or snapshot', () => {
  expect(before.leaver).toEqual(before.stayer);
  expect(before.leaver).toEqual(
    expect.arrayContaining([
      ...['auth.users', 'private.admission_log', 'public.profiles', 'public.stream_sessions'],
      ...['public.streams', 'public.user_sessions', 'public.users'],
    ]),
  );
  expect(before.leaver.filter((name) => /event/.test(name))).toEqual([]);
});

test('nothing personal is left anywhere; the record of admissions is, without addresses', async ({
  db,
}) => {
  expect(await tracesOf(db, leaver)).toEqual([]);
  const log = await db.sql`
    select rule, client_ip from private.admission_log where stream_id = ${leaver.stream.id} order by id`;
  expect(log).toEqual([
    { rule: 'admitted', client_ip: null },
    { rule: 'stream_already_live', client_ip: null },
  ]);
});

test('their running broadcast ended before it went', async ({ db }) => {
  expect((await typesOf(db, 'Stream', leaver.stream.id)).slice(-2)).toEqual([
    'StreamEnded',
    'StreamDeleted',
  ]);
  expect(await typesOf(db, 'StreamSession', leaver.sessionId)).toEqual([
    'SessionEnded',
    'SessionDeleted',
  ]);
  const [ended] = await eventsOf(db, 'StreamSession', leaver.sessionId);
  expect(ended?.event_data).toMatchObject({ new: { ended_reason: 'deleted' } });
});

describe('the event log', () => {
  test('says "erased" where their values were, archived or not', async ({ db }) => {
    const at = { asOf: before.at };
    const erased = { title: 'erased', description: 'erased', settings: 'erased' };
    expect(await replay(db, 'Stream', leaver.stream.id, at)).toMatchObject({
      ...{ ...erased, visibility: 'public', status: 'live' },
    });
    expect(await replay(db, 'StreamSession', leaver.sessionId, at)).toMatchObject({
      ...{ client_ip: 'erased', status: 'running' },
    });
    expect(await replay(db, 'User', leaver.id, at)).toMatchObject({ email: 'erased' });
    const archived = await db.sql`
      select private.reveal(event_data, personal, user_id) as data from private.event_log_0
      where user_id = ${leaver.id} and event_type in ('StreamCreated', 'AdmissionRefused') order by position`;
    expect(archived.map(({ data }) => data)).toMatchObject([
      { new: { title: 'erased' } },
      { rule: 'stream_already_live', client_ip: 'erased' },
      { new: { title: 'erased' } },
    ]);
  });

  test('is a whole chain for everybody', async ({ db }) => {
    const [checked] = await db.sql`
      select count(*)::int as heads, count(*) filter (where (proof).valid)::int as valid
      from (select private.verify_events(aggregate_type, aggregate_id) as proof from private.event_heads) as proofs`;
    expect(checked?.heads).toBeGreaterThan(10);
    expect(checked?.valid).toBe(checked?.heads);
  });

  test('has all of everybody else', async ({ db }) => {
    const mark = `${stayer.mark}2`;
    expect(await replay(db, 'Stream', stayer.stream.id, { asOf: before.at })).toMatchObject({
      ...{ title: `Title ${mark}`, description: `About ${mark}`, settings: { theme: mark } },
    });
    expect(await replay(db, 'StreamSession', stayer.sessionId)).toMatchObject({
      client_ip: stayer.address,
    });
    expect(await tracesOf(db, stayer)).toEqual(before.stayer);
  });
});
