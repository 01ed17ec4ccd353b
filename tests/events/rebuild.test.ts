/** Rebuild equals live: for every table that has events, replaying them gives the row, now and as of any earlier moment. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { append, type StoredEvent } from '../support/events.ts';
import { claim, loseLease, report, requestStream, startRestream } from '../support/restream.ts';
import { ageSession, createStream, publish } from '../support/streams.ts';

const LIVE_SESSION = [
  'last_seen_at',
  'bytes_in',
  'peak_viewers',
  'unique_viewers',
  'average_viewers',
  'viewer_seconds',
];

/** Each aggregate type, its table, and the live columns that are no events. */
const TABLES: Record<string, { table: string; live: string[] }> = {
  User: { table: 'public.users', live: ['streams_active'] },
  Profile: { table: 'public.profiles', live: [] },
  UserSession: { table: 'public.user_sessions', live: ['last_seen_at'] },
  Stream: { table: 'public.streams', live: ['viewer_count', 'peak_viewers'] },
  StreamSession: { table: 'public.stream_sessions', live: LIVE_SESSION },
  StreamRequest: { table: 'public.stream_requests', live: [] },
};

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

async function differences(asOf: string | null, type: string) {
  const { table, live } = TABLES[type] as { table: string; live: string[] };
  return db.sql`
    select row.id, to_jsonb(row) - ${live}::text[] as live,
      to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, row.id, ${asOf}, null))) - ${live}::text[] as rebuilt
    from ${db.sql(table)} as row
    where to_jsonb(row) - ${live}::text[]
      is distinct from to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, row.id, ${asOf}, null))) - ${live}::text[]`;
}

async function copyOfTables(): Promise<{ at: string; rows: Map<string, unknown> }> {
  const rows = new Map<string, unknown>();
  for (const [type, { table, live }] of Object.entries(TABLES)) {
    const found =
      await db.sql`select id, to_jsonb(row) - ${live}::text[] as row from ${db.sql(table)} as row`;
    for (const { id, row } of found) rows.set(`${type} ${id}`, row);
  }
  const [clock] = await db.sql`select clock_timestamp()::text as at`;
  return { at: clock?.at, rows };
}

/** Requests that go every way: rejected, cancelled, failed, taken over and stopped. */
async function restream(owner: string, remember: () => Promise<unknown>): Promise<void> {
  const refused = await requestStream(db, owner);
  await db.asAdmin((sql) => sql`select public.reject_stream_request(${refused.id}, 'no')`);
  const given = await requestStream(db, owner, { repeat: true });
  await remember();
  await db.asUser(owner, (sql) => sql`select public.cancel_stream_request(${given.id})`);
  const { id } = await startRestream(db, owner, { title: 'Restreamed' });
  await claim(db, 'worker-1');
  await report(db, id, 'running', { container: 'c1' });
  await remember();
  await loseLease(db, id);
  await claim(db, 'worker-2');
  await remember();
  await db.asUser(owner, (sql) => sql`select public.stop_restream(${id})`);
  await remember();
  await report(db, id, 'stopped', { worker: 'worker-2', exitCode: 0 });
  await remember();
  const doomed = await startRestream(db, owner);
  await claim(db);
  await report(db, doomed.id, 'error', { error: 'No such file', exitCode: 1 });
  await db.sql`delete from public.stream_requests where id = ${given.id}`;
  await remember();
}

/** What is over has no live numbers any more: they are in its events too. */
async function expectFinalNumbers(): Promise<void> {
  const [session] = await db.sql`
    select count(*)::int as sessions, count(*) filter (where peak_viewers = 4)::int as watched,
      count(*) filter (where to_jsonb(row) - 'last_seen_at' = to_jsonb(jsonb_populate_record(null::public.stream_sessions,
        private.replay('StreamSession', row.id, null, null))) - 'last_seen_at')::int as rebuilt
    from public.stream_sessions as row where not is_active and kind = 'ingest'`;
  expect(session).toMatchObject({ watched: 1, rebuilt: session?.sessions });
  const [stream] = await db.sql`
    select count(*)::int as streams, count(*) filter (where to_jsonb(row) - 'viewer_count' = to_jsonb(jsonb_populate_record(null::public.streams,
      private.replay('Stream', row.id, null, null))) - 'viewer_count')::int as rebuilt
    from public.streams as row where ended_at is not null`;
  expect(stream?.rebuilt).toBe(stream?.streams);
}

async function live(): Promise<{ at: string; rows: Map<string, unknown> }[]> {
  const moments: { at: string; rows: Map<string, unknown> }[] = [];
  const remember = async () => moments.push(await copyOfTables());
  const owner = await db.createUser({ username: 'rebuild' });
  const asOwner: TestDatabase['asAnon'] = (work, options) => db.asUser(owner.id, work, options);
  const other = await db.createUser();
  await remember();

  await asOwner(
    (sql) =>
      sql`update public.users set first_name = 'Ada', last_name = '"quoted"' where id = ${owner.id}`,
  );
  await asOwner(
    (sql) =>
      sql`update public.profiles set username = 'rebuilt', bio = ${'a\nb'} where id = ${owner.id}`,
  );
  await db.superuser`update auth.users set last_sign_in_at = now(), email = 'new@example.com' where id = ${owner.id}`;
  const sessionId = randomUUID();
  const device = (name: string) =>
    db.asUser(owner.id, (sql) => sql`select public.register_device(${name}, 'web')`, {
      claims: { session_id: sessionId },
      headers: { 'x-real-ip': '2001:db8::7' },
    });
  await device('Laptop');
  await device('Laptop');
  await device('Renamed');
  await remember();

  await db.asAdmin(
    (sql) => sql`select public.set_user_package(${owner.id}, 'creator', now() + interval '1 day')`,
  );
  await db.asAdmin((sql) => sql`select public.set_user_role(${owner.id}, 'moderator')`);
  await db.sql`update public.packages set streams_allowed = 5 where id = 'creator'`;
  await db.asAdmin((sql) => sql`select public.set_setting('default_streams_allowed', '2')`);
  await asOwner((sql) => sql`select public.revoke_session(${sessionId})`);
  await remember();

  const stream = await createStream(db, owner.id, { visibility: 'private' });
  await asOwner(
    (sql) =>
      sql`update public.streams set title = 'New', category = 'music', settings = '{"record": true, "n": 1.50}' where id = ${stream.id}`,
  );
  const first = await publish(db, stream, { publisher: 'a' });
  await remember();
  await db.asService((sql) => sql`select public.end_ingest('media-1', 'a', 1234)`);
  await remember();
  await publish(db, stream, { publisher: 'b' });
  await publish(db, stream, { publisher: 'second' });
  await db.asService((sql) => sql`select public.renew_ingest('media-1', '{}', true)`);
  await remember();
  await db.asService((sql) => sql`select public.renew_ingest('media-1', '{b}', true)`);
  await db.asService((sql) => sql`select public.end_ingest('media-1', 'b', 66)`);
  await ageSession(db, first.session_id ?? '', 100);
  await remember();
  await db.asService((sql) => sql`select public.reap_sessions()`);
  await asOwner((sql) => sql`select public.rotate_stream_key(${stream.id}, 60)`);
  await remember();

  await restream(owner.id, remember);

  const doomed = await createStream(db, other.id);
  const { session_id: watchedSession } = await publish(db, doomed);
  await db.asAdmin((sql) => sql`select public.disable_stream(${doomed.id})`);
  await remember();
  const watched = { stream_id: doomed.id, session_id: watchedSession as string, at_ms: Date.now() };
  const sample = { ...watched, viewers: 3, peak: 4, uniques: 5, viewer_seconds: 6 };
  await db.asService((sql) => sql`select public.record_viewers(${sql.json([sample])})`);
  await expectFinalNumbers();
  await remember();
  await db.asAdmin((sql) => sql`select public.enable_stream(${doomed.id})`);
  await publish(db, doomed);
  await db.sql`update public.streams set expires_at = now() + interval '1 hour' where id = ${doomed.id}`;
  await remember();
  await db.superuser`delete from auth.users where id = ${other.id}`;
  return moments;
}

test('every row, now and at every moment of its life, is what its events say', async () => {
  const moments = await live();
  for (const type of Object.keys(TABLES)) {
    expect(await differences(null, type), `${type} now`).toEqual([]);
  }
  for (const { at, rows } of moments) {
    for (const [key, row] of rows) {
      const [type, id] = key.split(' ') as [string, string];
      const { table, live } = TABLES[type] as { table: string; live: string[] };
      const [rebuilt] = await db.sql`
        select to_jsonb(jsonb_populate_record(null::${db.sql(table)}, private.replay(${type}, ${id}, ${at}, null))) - ${live}::text[] as row`;
      expect(rebuilt?.row, `${key} at ${at}`).toEqual(row);
    }
  }
});

test('a change is recorded however large it is: the limits of append_event are for what is appended by hand', async () => {
  const stream = await createStream(db, (await db.createUser()).id);
  await db.superuser.begin(async (sql) => {
    await sql`alter table public.streams disable trigger streams_prepare`;
    await sql`insert into public.streams (user_id, title, description)
      select user_id, 'Large', repeat('x', 300000) from public.streams where id = ${stream.id}`;
    await sql`alter table public.streams enable trigger streams_prepare`;
  });
  const [created] = await db.sql`
    select length(event_data -> 'new' ->> 'description') as size from private.event_log
    where event_type = 'StreamCreated' order by position desc limit 1`;
  expect(created?.size).toBe(300000);
});

test('what is deleted is deleted in the replay', async () => {
  const ended = await db.sql`
    select distinct aggregate_type from private.event_heads
    where private.replay(aggregate_type, aggregate_id, null, null) is null order by 1`;
  expect(ended.map(({ aggregate_type: type }) => type)).toEqual([
    'Profile',
    'Stream',
    'StreamRequest',
    'StreamSession',
    'User',
  ]);
});

test('every kind of change so far has happened here, and each event says what changed', async () => {
  const types = await db.sql`select distinct event_type from private.event_log order by 1`;
  expect(types.map(({ event_type: type }) => type).sort()).toEqual(
    [
      'UserRegistered',
      'UserUpdated',
      'RoleChanged',
      'PackageChanged',
      'UserDeleted',
      'ProfileCreated',
      'ProfileUpdated',
      'ProfileDeleted',
      'DeviceRegistered',
      'DeviceUpdated',
      'DeviceRevoked',
      'StreamCreated',
      'StreamUpdated',
      'StreamKeyRotated',
      'StreamDisabled',
      'StreamEnabled',
      'StreamStarted',
      'StreamEnded',
      'StreamCounted',
      'StreamDeleted',
      'SessionStarted',
      'SessionDisconnected',
      'SessionResumed',
      'SessionUpdated',
      'SessionEnded',
      'SessionCounted',
      'SessionDeleted',
      'AdmissionRefused',
      'StreamRequested',
      'StreamRequestApproved',
      'StreamRequestRejected',
      'StreamRequestStarted',
      'StreamRequestStopped',
      'StreamRequestUpdated',
      'StreamRequestDeleted',
    ].sort(),
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

test('chains are whole, and no event holds a secret', async () => {
  const broken = await db.sql`
    select * from private.event_heads where not (private.verify_events(aggregate_type, aggregate_id) ->> 'valid')::boolean`;
  expect(broken).toEqual([]);
  const { key } = await createStream(db, (await db.createUser()).id);
  const [text] = await db.sql`select string_agg(event_log::text, '') as log from private.event_log`;
  expect(text?.log).not.toContain(key.slice(0, 12));
  await append(db, randomUUID(), { data: { new: { key } } });
  const [with_] =
    await db.sql`select string_agg(event_log::text, '') as log from private.event_log`;
  expect(with_?.log).toContain(key.slice(0, 12));
});
