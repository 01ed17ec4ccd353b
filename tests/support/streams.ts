/** Streams and publishers in a test database, through the functions that clients and media servers call. */
import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import type { TestDatabase } from './database.ts';

export interface TestStream {
  readonly id: string;
  /** The secret alone. */
  readonly key: string;
  /** What a broadcaster pastes. */
  readonly streamKey: string;
}

export interface NewStream {
  readonly title?: string;
  readonly visibility?: 'public' | 'unlisted' | 'private';
}

export interface Publisher {
  readonly key?: string;
  readonly server?: string;
  readonly publisher?: string;
  readonly ip?: string;
}

/** An answer of `begin_ingest`. */
export interface IngestAnswer {
  readonly admitted: boolean;
  readonly session_id: string | null;
  readonly stream_id: string | null;
  readonly user_id: string | null;
  readonly resumed: boolean | null;
  readonly status: number | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly hint: string | null;
}

/** Creates a stream as its owner. */
export async function createStream(
  db: TestDatabase,
  userId: string,
  { title = 'A stream', visibility = 'public' }: NewStream = {},
): Promise<TestStream> {
  const [row] = await db.asUser(
    userId,
    (sql) =>
      sql`select to_jsonb(public.create_stream(${title}, visibility => ${visibility})) as made`,
  );
  if (!row) throw new Error('create_stream returned no row');
  const { stream, stream_key: streamKey } = row.made;
  return { id: stream.id, streamKey, key: streamKey.split('?key=')[1] };
}

/** Calls `begin_ingest` on a connection that may; the publisher is a new one unless named. */
export async function beginIngest(
  sql: Sql | TransactionSql,
  stream: TestStream,
  {
    key = stream.key,
    server = 'media-1',
    publisher = randomUUID(),
    ip = '192.0.2.7',
  }: Publisher = {},
): Promise<IngestAnswer> {
  const [row] = await sql`
    select to_jsonb(public.begin_ingest(${stream.id}, ${key}, ${server}, ${publisher}, ${ip})) as answer`;
  return row?.answer;
}

/** Asks `begin_ingest` as a media server's hook does: with the secret key. */
export function publish(db: TestDatabase, stream: TestStream, publisher: Publisher = {}) {
  return db.asService((sql) => beginIngest(sql, stream, publisher));
}

/** Moves a session's clock back, as if its last events were `seconds` older. */
export async function ageSession(db: TestDatabase, sessionId: string, seconds: number) {
  await db.sql`
    update public.stream_sessions
    set disconnected_at = disconnected_at - make_interval(secs => ${seconds}),
        last_seen_at = last_seen_at - make_interval(secs => ${seconds})
    where id = ${sessionId}`;
}
