import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { append, eventsOf, replay, type StoredEvent } from '../support/events.ts';

const PATIENCE = { timeout: 30_000, interval: 50 };

let db: TestDatabase;
let id: string;

/** Goes on in the next partition, as if the positions between had been used. */
async function fillPartition() {
  await db.sql`
    select setval('private.event_log_position_seq', end_position) from private.event_partitions
    where (select last_value from private.event_log_position_seq) between first_position and end_position - 1`;
  await db.sql`select private.extend_event_log()`;
}

const archive = async (before = 'infinity') =>
  (
    await db.asService(
      (sql) => sql`select public.archive_events(${before}::text::timestamptz) as name`,
    )
  ).map(({ name }) => name);
const readToEnd = () =>
  vi.waitFor(async () => {
    const events = await db.asService(
      (sql) => sql<StoredEvent[]>`select * from public.read_events(0, 1000)`,
    );
    const [newest] = await db.sql`select max(position) as position from private.event_log`;
    expect(events.at(-1)?.position).toBe(newest?.position);
  }, PATIENCE);
const verify = async () =>
  (
    await db.asService((sql) => sql`select to_jsonb(public.verify_events('Probe', ${id})) as proof`)
  )[0]?.proof;

beforeEach(async () => {
  db = await createDatabase();
  // The product's own consumers, which nobody runs here, would hold the archive back.
  await db.sql`delete from private.event_consumer_members`;
  id = randomUUID();
  for (let x = 1; x <= 3; x++) await append(db, id, { data: { new: { x } } });
  await fillPartition();
  for (let x = 4; x <= 5; x++) await append(db, id, { data: { new: { x } } });
});
afterEach(() => db.drop());

describe('archive_events', () => {
  test('detaches whole old partitions; what is kept replays and verifies as before', async () => {
    await readToEnd();
    expect(await archive()).toEqual(['private.event_log_0']);
    expect((await eventsOf(db, 'Probe', id)).map(({ version }) => version)).toEqual(['4', '5']);
    expect(await replay(db, 'Probe', id)).toEqual({ x: 5 });
    expect(await replay(db, 'Probe', id, { atVersion: 4 })).toEqual({ x: 4 });
    expect(await replay(db, 'Probe', id, { atVersion: 3 })).toEqual({ x: 3 });
    expect(await verify()).toEqual({ valid: true, checked: 2, first_broken_version: null });
    expect(await db.sql`select from private.event_log_0 where aggregate_id = ${id}`).toHaveLength(
      3,
    );
  });

  test('older versions say that they are archived', async () => {
    await readToEnd();
    await archive();
    for (const moment of [{ atVersion: 2 }, { asOf: '2000-01-01' }]) {
      await expectFailure(replay(db, 'Probe', id, moment), {
        status: 410,
        details: 'events_archived',
      });
    }
  });

  test('appending goes on, and a conflict is still told', async () => {
    await readToEnd();
    await archive();
    expect(await append(db, id, { expectedVersion: 5 })).toMatchObject({ version: '6' });
    await expectFailure(append(db, id, { expectedVersion: 5 }), { details: 'version_conflict' });
  });

  test('an aggregate whose events are all archived still replays and verifies', async () => {
    const quiet = randomUUID();
    await append(db, quiet, { data: { new: { quiet: true } } });
    await fillPartition();
    await append(db, id);
    await readToEnd();
    expect(await archive()).toHaveLength(2);
    expect(await replay(db, 'Probe', quiet)).toEqual({ quiet: true });
    const [proof] = await db.asService(
      (sql) => sql`select to_jsonb(public.verify_events('Probe', ${quiet})) as proof`,
    );
    expect(proof?.proof).toMatchObject({ valid: true });
  });

  test('keeps what is young, what nobody has read, and what a consumer has not acknowledged', async () => {
    expect(await archive()).toEqual([]);
    await readToEnd();
    expect(await archive('2000-01-01')).toEqual([]);
    await db.asService((sql) => sql`select public.claim_events('slow', 1)`);
    expect(await archive()).toEqual([]);
  });
});

test('partitions are made ahead of the newest position without any schedule', async () => {
  const partitions = () => db.sql`select from private.event_partitions`;
  const before = (await partitions()).length;
  await db.sql`select setval('private.event_log_position_seq', (select max(first_position) from private.event_partitions) - 1)`;
  const events = JSON.stringify(Array(1000).fill({ event_type: 'ProbeMoved', event_data: {} }));
  await db.sql`select public.append_events('Probe', ${randomUUID()}, ${events}::text::jsonb)`;
  expect((await partitions()).length).toBeGreaterThan(before);
});
