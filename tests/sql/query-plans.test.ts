/** No query that a client can send for a page reads a whole table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { scannedTables } from '../support/plans.ts';

const ROWS = 30_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
  await db.superuser.unsafe(`
    set session_replication_role = replica;
    insert into auth.users (id, email) select md5('u' || n)::uuid, 'u' || n from generate_series(1, ${ROWS}) as n;
    insert into public.users (id, email) select id, email from auth.users;
    insert into public.profiles (id, username) select id, email from auth.users;
    insert into public.user_sessions (id, user_id, device_name, device_type) select id, id, 'd', 'web' from auth.users;
    insert into public.streams (id, user_id, title, visibility, status, category, created_at)
      select md5('s' || n)::uuid, md5('u' || n)::uuid, 't', case n % 3 when 0 then 'private' else 'public' end,
        case n % 500 when 0 then 'live' else 'idle' end, (array['art', 'music'])[n % 2 + 1], now() - n * interval '1 second'
      from generate_series(1, ${ROWS}) as n;
    insert into public.stream_sessions (stream_id, user_id, kind, status, media_server, publisher_id, last_seen_at, created_at)
      select md5('s' || n)::uuid, md5('u' || n)::uuid, 'ingest', case n % 500 when 0 then 'running' else 'stopped' end,
        'm', 'p' || n, now(), now() - n * interval '1 second'
      from generate_series(1, ${ROWS}) as n;
    insert into public.stream_requests (user_id, stream_id, session_id, video_source, rtmp_url, title, status, created_at)
      select user_id, stream_id, id, 'https://example.com/v', 'rtmp://example.com/app/****', 't',
        (array['pending', 'approved', 'stopped', 'stopped', 'stopped'])[extract(second from created_at)::int % 5 + 1], created_at
      from public.stream_sessions;
    reset session_replication_role;`);
  await db.superuser`analyze`;
});
afterAll(() => db.drop());

const listings = {
  'the newest streams': 'select * from public.streams order by created_at desc limit 20',
  'the next keyset page of them':
    "select * from public.streams where created_at < now() - interval '1 minute' order by created_at desc limit 20",
  'what is live': 'select * from public.streams where is_live order by started_at desc limit 20',
  'the most watched':
    'select * from public.streams where is_live order by viewer_count desc limit 20',
  'a category':
    "select * from public.streams where category = 'music' order by created_at desc limit 20",
  "a user's streams":
    "select * from public.streams where user_id = md5('u7')::uuid order by created_at desc limit 20",
  'one stream': "select * from public.streams where id = md5('s7')::uuid",
  'a profile by name': "select * from public.profiles where username = 'u7'",
  'profiles whose name begins so':
    "select * from public.profiles where username like 'u77%' order by username limit 20",
  'the newest streams with their owners':
    'select streams.*, username from public.streams join public.profiles on profiles.id = user_id order by streams.created_at desc limit 20',
};

const ownRows = {
  'my account': 'select * from public.users',
  'my devices': 'select * from public.user_sessions order by last_seen_at desc',
  'my sessions': 'select * from public.stream_sessions order by created_at desc limit 20',
  'my restream requests': 'select * from public.stream_requests order by created_at desc limit 20',
  'my restream requests that wait':
    "select * from public.stream_requests where status = 'pending' order by created_at desc limit 20",
  'the request of a session':
    "select * from public.stream_requests where session_id = md5('s7')::uuid",
  "a stream's sessions":
    "select * from public.stream_sessions where stream_id = md5('s7')::uuid order by created_at desc limit 20",
};

describe.each(Object.entries(listings))('%s', (_, query) => {
  test('anonymous', async () => {
    expect(await db.asAnon((sql) => scannedTables(sql, query))).toEqual([]);
  });
  test('signed in', async () => {
    const [user] = await db.sql`select md5('u7')::uuid as id`;
    expect(await db.asUser(user?.id, (sql) => scannedTables(sql, query))).toEqual([]);
  });
});

test.each(Object.entries(ownRows))('%s', async (_, query) => {
  const [user] = await db.sql`select md5('u7')::uuid as id`;
  expect(await db.asUser(user?.id, (sql) => scannedTables(sql, query))).toEqual([]);
});

test('what media servers and the cleanup ask', async () => {
  const scanned = (query: string) => db.sql.begin((sql) => scannedTables(sql, query));
  expect(await scanned('select * from private.ended_sessions')).toEqual([]);
  const held = "media_server = 'm' and publisher_id = 'p7' and is_active and kind = 'ingest'";
  expect(await scanned(`select * from public.stream_sessions where ${held}`)).toEqual([]);
});

test('what the flush asks', async () => {
  const scanned = (query: string) => db.sql.begin((sql) => scannedTables(sql, query));
  const ended = "not is_active and stopped_at > now() - interval '1 minute'";
  for (const condition of ['is_active', ended]) {
    const query = `select * from public.stream_sessions where kind = 'ingest' and ${condition}`;
    expect(await scanned(query)).toEqual([]);
  }
});

test('the test itself tells a scan when there is one', async () => {
  expect(
    await db.sql.begin((sql) =>
      scannedTables(sql, 'select * from public.streams where title = $$x$$'),
    ),
  ).toEqual(['streams']);
});
