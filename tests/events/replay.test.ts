import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { append, eventsOf, replay } from '../support/events.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

async function count(to: number): Promise<string> {
  const id = randomUUID();
  const events = Array.from({ length: to }, (_, i) => ({
    event_type: 'ProbeMoved',
    event_data: { old: { x: i }, new: { x: i + 1, [`k${i % 3}`]: i } },
  }));
  await db.asService(
    (sql) => sql`select public.append_events('Probe', ${id}, ${sql.json(events)})`,
  );
  return id;
}
const snapshot = async (id: string, atVersion: number | null = null) =>
  (
    await db.asService(
      (sql) => sql`select * from public.get_snapshot('Probe', ${id}, ${atVersion})`,
    )
  )[0];

describe('replay', () => {
  test('merges what is new, and ends with what ends', async () => {
    const id = randomUUID();
    expect(await replay(db, 'Probe', id)).toBeNull();
    await append(db, id, { data: { new: { a: 1, b: { c: 1 } } } });
    await append(db, id, { data: { old: { a: 1 }, new: { a: null } } });
    await append(db, id, { data: { seen: true } });
    expect(await replay(db, 'Probe', id)).toEqual({ a: null, b: { c: 1 } });
    await append(db, id, { data: { old: {}, new: null } });
    expect(await replay(db, 'Probe', id)).toBeNull();
    expect(await replay(db, 'Probe', id, { atVersion: 1 })).toEqual({ a: 1, b: { c: 1 } });
  });

  test('answers for every version and moment, with snapshots between', async () => {
    const id = await count(250);
    const events = await eventsOf(db, 'Probe', id);
    for (const version of [1, 2, 99, 100, 101, 200, 249, 250]) {
      const state = await replay(db, 'Probe', id, { atVersion: version });
      expect(state?.x, `version ${version}`).toBe(version);
      const [byTime] = await db.sql`
        select private.replay('Probe', ${id}, created_at, null) ->> 'x' as x from private.event_log
        where aggregate_id = ${id} and version = ${version}`;
      expect(Number(byTime?.x)).toBeGreaterThanOrEqual(version);
    }
    expect(await replay(db, 'Probe', id, { asOf: '2000-01-01' })).toBeNull();
    expect(events.at(-1)?.version).toBe('250');
  });
});

describe('snapshots', () => {
  test('are taken every 100 events, and follow the setting', async () => {
    const id = await count(205);
    expect(await snapshot(id)).toMatchObject({ version: '200', state: { x: 200 } });
    expect(await snapshot(id, 199)).toMatchObject({ version: '100', state: { x: 100 } });
    expect(await snapshot(id, 99)).toBeUndefined();
    await db.asAdmin((sql) => sql`select public.set_setting('events_per_snapshot', '10')`);
    expect(await snapshot(await count(15))).toMatchObject({ version: '10' });
    await db.asAdmin((sql) => sql`select public.set_setting('events_per_snapshot', '100')`);
  });

  test('can be stored by an application, once a version', async () => {
    const id = await count(5);
    const store = (version: number) =>
      db.asService(
        (sql) =>
          sql`select public.create_snapshot('Probe', ${id}, ${version}, '{"mine": true}') as stored`,
      );
    expect(await store(3)).toEqual([{ stored: true }]);
    expect(await store(3)).toEqual([{ stored: false }]);
    expect(await snapshot(id)).toMatchObject({ version: '3', state: { mine: true } });
    expect(await replay(db, 'Probe', id)).toMatchObject({ mine: true, x: 5 });
    await expectFailure(store(6), { status: 404, details: 'event_not_found' });
  });
});
