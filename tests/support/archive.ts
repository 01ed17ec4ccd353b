/** The event log's partitions in a test database: filling them and archiving them. */
import { expect, vi } from 'vitest';
import type { TestDatabase } from './database.ts';
import type { StoredEvent } from './events.ts';

const PATIENCE = { timeout: 30_000, interval: 50 };

/** The product's own consumers, which nobody runs in a test, hold the archive back no more. */
export async function dropConsumers({ sql }: TestDatabase): Promise<void> {
  await sql`delete from private.event_consumer_members`;
}

/** Goes on in the next partition, as if the positions between had been used. */
export async function fillPartition({ sql }: TestDatabase): Promise<void> {
  await sql`
    select setval('private.event_log_position_seq', end_position) from private.event_partitions
    where (select last_value from private.event_log_position_seq) between first_position and end_position - 1`;
  await sql`select private.extend_event_log()`;
}

/** Waits until the newest event can be read; for a log of up to a thousand events. */
export function readToEnd(db: TestDatabase): Promise<void> {
  return vi.waitFor(async () => {
    const events = await db.asService(
      (sql) => sql<StoredEvent[]>`select * from public.read_events(0, 1000)`,
    );
    const [newest] = await db.sql`select max(position) as position from private.event_log`;
    expect(events.at(-1)?.position).toBe(newest?.position);
  }, PATIENCE);
}

/** Archives what is older than `before`; returns the names of the detached tables. */
export async function archive(db: TestDatabase, before = 'infinity'): Promise<string[]> {
  const detached = await db.asService(
    (sql) => sql`select public.archive_events(${before}::text::timestamptz) as name`,
  );
  return detached.map(({ name }) => name);
}
