/** Appending and reading events in a test database, as an edge function does: with the secret key. */
import type { Sql, TransactionSql } from 'postgres';
import type { TestDatabase } from './database.ts';

export interface StoredEvent {
  readonly position: string;
  readonly id: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly version: string;
  readonly event_type: string;
  readonly event_data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly user_id: string | null;
  readonly created_at: Date;
}

export interface NewEvent {
  readonly type?: string;
  readonly data?: Record<string, unknown>;
  readonly expectedVersion?: number | null;
  readonly userId?: string | null;
  readonly eventId?: string | null;
}

export interface Appended {
  readonly position: string;
  readonly version: string;
}

/** Appends an event to a `Probe` aggregate on a connection that may. */
export async function appendOn(
  sql: Sql | TransactionSql,
  aggregateId: string,
  {
    type = 'ProbeMoved',
    data = {},
    expectedVersion = null,
    userId = null,
    eventId = null,
  }: NewEvent = {},
): Promise<Appended> {
  const [appended] = await sql<Appended[]>`
    select * from public.append_event('Probe', ${aggregateId}, ${type}, ${sql.json(data as never)},
      ${expectedVersion}, ${userId}, '{}', ${eventId})`;
  return appended as Appended;
}

export function append(db: TestDatabase, aggregateId: string, event?: NewEvent): Promise<Appended> {
  return db.asService((sql) => appendOn(sql, aggregateId, event));
}

/** An aggregate's events from a version on. */
export function eventsOf(db: TestDatabase, type: string, id: string, fromVersion = 1) {
  return db.asService(
    (sql) =>
      sql<StoredEvent[]>`select * from public.get_events(${type}, ${id}, ${fromVersion}, 1000)`,
  );
}

/** Reads the log in pages until there is nothing more to read now. */
export async function readAll(
  sql: Sql,
  after = '0',
  receive: (events: readonly StoredEvent[]) => void,
): Promise<string> {
  let position = after;
  for (let page = 0; page < 100_000; page++) {
    const events = await sql<StoredEvent[]>`select * from public.read_events(${position}, 1000)`;
    if (events.length === 0) return position;
    receive(events);
    position = events.at(-1)?.position ?? position;
  }
  throw new Error('the log does not end');
}

export async function replay(
  db: TestDatabase,
  type: string,
  id: string,
  {
    asOf = null,
    atVersion = null,
  }: { asOf?: Date | string | null; atVersion?: number | null } = {},
) {
  const [row] = await db.asService(
    (sql) => sql`select public.replay(${type}, ${id}, ${asOf}, ${atVersion}) as state`,
  );
  return row?.state ?? null;
}
