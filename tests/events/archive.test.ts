import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archive, dropConsumers, fillPartition, readToEnd } from '../support/archive.ts';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { append, eventsOf, replay } from '../support/events.ts';

let db: TestDatabase;
let id: string;

const verify = async () =>
  (await db.asService((sql) => sql`select * from public.verify_events('Probe', ${id})`))[0];

beforeEach(async () => {
  db = await createDatabase();
  await dropConsumers(db);
  id = randomUUID();
  for (let x = 1; x <= 3; x++) await append(db, id, { data: { new: { x } } });
  await fillPartition(db);
  for (let x = 4; x <= 5; x++) await append(db, id, { data: { new: { x } } });
});
afterEach(() => db.drop());

describe('archive_events', () => {
  test('detaches whole old partitions; what is kept replays and verifies as before', async () => {
    await readToEnd(db);
    expect(await archive(db)).toEqual(['private.event_log_0']);
    expect((await eventsOf(db, 'Probe', id)).map(({ version }) => version)).toEqual(['4', '5']);
    expect(await replay(db, 'Probe', id)).toEqual({ x: 5 });
    expect(await replay(db, 'Probe', id, { atVersion: 4 })).toEqual({ x: 4 });
    expect(await replay(db, 'Probe', id, { atVersion: 3 })).toEqual({ x: 3 });
    expect(await verify()).toEqual({ valid: true, checked: '2', first_broken_version: null });
    expect(await db.sql`select from private.event_log_0 where aggregate_id = ${id}`).toHaveLength(
      3,
    );
  });

  test('older versions say that they are archived', async () => {
    await readToEnd(db);
    await archive(db);
    for (const moment of [{ atVersion: 2 }, { asOf: '2000-01-01' }]) {
      await expectFailure(replay(db, 'Probe', id, moment), {
        status: 410,
        details: 'events_archived',
      });
    }
  });

  test('appending goes on, and a conflict is still told', async () => {
    await readToEnd(db);
    await archive(db);
    expect(await append(db, id, { expectedVersion: 5 })).toMatchObject({ version: '6' });
    await expectFailure(append(db, id, { expectedVersion: 5 }), { details: 'version_conflict' });
  });

  test('an aggregate whose events are all archived still replays and verifies', async () => {
    const quiet = randomUUID();
    await append(db, quiet, { data: { new: { quiet: true } } });
    await fillPartition(db);
    await append(db, id);
    await readToEnd(db);
    expect(await archive(db)).toHaveLength(2);
    expect(await replay(db, 'Probe', quiet)).toEqual({ quiet: true });
    const [proof] = await db.asService(
      (sql) => sql`select * from public.verify_events('Probe', ${quiet})`,
    );
    expect(proof).toMatchObject({ valid: true });
  });

  test('keeps what is young, what nobody has read, and what a consumer has not acknowledged', async () => {
    expect(await archive(db)).toEqual([]);
    await readToEnd(db);
    expect(await archive(db, '2000-01-01')).toEqual([]);
    await db.asService((sql) => sql`select public.claim_events('slow', 1)`);
    expect(await archive(db)).toEqual([]);
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
