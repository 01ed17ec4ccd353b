import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { append } from '../support/events.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

async function fiveEvents(): Promise<string> {
  const id = randomUUID();
  for (let x = 1; x <= 5; x++) await append(db, id, { data: { new: { x } } });
  return id;
}
const verify = async (id: string) =>
  (
    await db.asService((sql) => sql`select to_jsonb(public.verify_events('Probe', ${id})) as proof`)
  )[0]?.proof;

/** What only somebody who owns the server can do: change history behind the triggers' back. */
const tamper = (statement: string, id: string) =>
  db.superuser.begin(async (sql) => {
    await sql`set local session_replication_role = replica`;
    await sql.unsafe(statement, [id]);
  });

describe('verify_events', () => {
  test('finds an untouched chain valid, and none for nothing', async () => {
    expect(await verify(await fiveEvents())).toEqual({
      valid: true,
      checked: 5,
      first_broken_version: null,
    });
    expect(await verify(randomUUID())).toEqual({
      valid: true,
      checked: 0,
      first_broken_version: null,
    });
  });

  test.each([
    [
      'changed data',
      "update private.event_log set event_data = '{}' where aggregate_id = $1 and version = 3",
      3,
    ],
    [
      'a changed user',
      'update private.event_log set user_id = gen_random_uuid() where aggregate_id = $1 and version = 2',
      2,
    ],
    [
      'a changed time',
      "update private.event_log set created_at = created_at + interval '1 second' where aggregate_id = $1 and version = 4",
      4,
    ],
    ['a removed event', 'delete from private.event_log where aggregate_id = $1 and version = 3', 3],
    [
      'a removed first event',
      'delete from private.event_log where aggregate_id = $1 and version = 1',
      1,
    ],
    [
      'a removed last event',
      'delete from private.event_log where aggregate_id = $1 and version = 5',
      5,
    ],
    ['a removed history', 'delete from private.event_log where aggregate_id = $1', 1],
    [
      'a changed hash',
      "update private.event_log set hash = 'x' where aggregate_id = $1 and version = 5",
      5,
    ],
  ])('names the first broken link: %s', async (_, statement, version) => {
    const id = await fiveEvents();
    await tamper(statement, id);
    expect(await verify(id)).toMatchObject({ valid: false, first_broken_version: version });
  });
});
