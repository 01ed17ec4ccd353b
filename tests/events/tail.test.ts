/**
 * Tailing the log while others write: nothing is passed over, nothing comes twice. How soon a missing number is passed
 * depends on every transaction of the server, other tests' included: what comes in the end is waited for.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { append, appendOn, readAll, type StoredEvent } from '../support/events.ts';

const WRITERS = 16;
const COMMITTED = 100_000;
const BATCH = 25;
const PATIENCE = { timeout: 30_000, interval: 50 };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

const read = (after: string | number = 0) =>
  db.asService((sql) => sql<StoredEvent[]>`select * from public.read_events(${after}, 1000)`);

describe('a transaction in flight', () => {
  test('is not passed over, and is read once it has committed', async () => {
    const [slow] = await db.connect(1, 'postgres');
    await slow?.begin(async (sql) => {
      const held = await appendOn(sql, randomUUID());
      const later = await append(db, randomUUID());
      for (let poll = 0; poll < 3; poll++) expect(await read()).toEqual([]);
      expect(BigInt(later.position)).toBeGreaterThan(BigInt(held.position));
    });
    await vi.waitFor(async () => expect(await read()).toHaveLength(2), PATIENCE);
  });

  test('that rolls back is passed, from the second read after it', async () => {
    const [slow] = await db.connect(1, 'postgres');
    await slow
      ?.begin(async (sql) => {
        await appendOn(sql, randomUUID());
        await append(db, randomUUID());
        expect(await read()).toEqual([]);
        throw new Error('rolled back');
      })
      .catch((error) => expect(error.message).toBe('rolled back'));
    await vi.waitFor(async () => expect(await read()).toHaveLength(1), PATIENCE);
  });

  test('is waited for even by a reader that has an old transaction id of its own', async () => {
    const [slow, reader] = await db.connect(2, 'postgres');
    await reader?.begin(async (reading) => {
      await reading`select pg_current_xact_id()`;
      await slow?.begin(async (sql) => {
        await appendOn(sql, randomUUID());
        await append(db, randomUUID());
        expect(await reading`select * from public.read_events()`).toHaveLength(0);
      });
      await append(db, randomUUID());
    });
    const [held] = await db.connect(1, 'postgres');
    await held?.begin(async (sql) => {
      await appendOn(sql, randomUUID());
      await append(db, randomUUID());
      await vi.waitFor(async () => expect(await read()).toHaveLength(3), PATIENCE);
      expect(await read()).toHaveLength(3);
    });
    await vi.waitFor(async () => expect(await read()).toHaveLength(5), PATIENCE);
  });
});

test('filters by type find what is far behind, and page on', async () => {
  for (let i = 0; i < 5; i++)
    await append(db, randomUUID(), { type: i % 2 ? 'ProbeTurned' : 'ProbeMoved' });
  const turned = (after: string | number, count: number) =>
    db.asService(
      (sql) =>
        sql<
          StoredEvent[]
        >`select * from public.read_events(${after}, ${count}, 'Probe', ${['ProbeTurned']})`,
    );
  const [first] = await turned(0, 1);
  expect(first?.event_type).toBe('ProbeTurned');
  expect(await turned(first?.position ?? 0, 10)).toHaveLength(1);
  expect(
    await db.asService((sql) => sql`select * from public.read_events(0, 10, 'Nothing')`),
  ).toHaveLength(0);
});

test(`a reader that tails ${COMMITTED} events of ${WRITERS} writers who commit and roll back sees each once and in order`, async () => {
  const writers = await db.connect(WRITERS, 'postgres');
  const [reader] = await db.connect(1, 'postgres');
  const aggregates = Array.from({ length: 50 }, () => randomUUID());
  let written = 0;
  let writing = true;
  const work = Promise.all(
    writers.map(async (sql, writer) => {
      for (let round = 0; written < COMMITTED; round++) {
        const rollBack = (writer + round) % 4 === 0;
        const batch = JSON.stringify(
          Array(BATCH).fill({ event_type: 'ProbeMoved', event_data: { writer } }),
        );
        // One aggregate a transaction: two in different orders would deadlock, as rows do anywhere.
        const id = aggregates[(writer * 7 + round) % aggregates.length] as string;
        await sql
          .begin(async (inner) => {
            await inner`select public.append_events('Probe', ${id}, ${batch}::text::jsonb)`;
            if (rollBack) throw new Error('rolled back');
            written += BATCH;
          })
          .catch((error) => {
            if (error.message !== 'rolled back') throw error;
          });
      }
    }),
  ).finally(() => {
    writing = false;
  });

  const seen = new Set<string>();
  const versions = new Map<string, number>();
  let position = '0';
  const receive = (events: readonly StoredEvent[]) => {
    for (const event of events) {
      expect(seen.has(event.id)).toBe(false);
      seen.add(event.id);
      const expected = (versions.get(event.aggregate_id) ?? 0) + 1;
      if (Number(event.version) !== expected) {
        throw new Error(`version ${event.version} of an aggregate came where ${expected} was due`);
      }
      versions.set(event.aggregate_id, expected);
    }
  };
  while (writing) position = await readAll(reader as never, position, receive);
  await work;
  await vi.waitFor(async () => {
    position = await readAll(reader as never, position, receive);
    expect(seen.size).toBe(written);
  }, PATIENCE);

  const [stored] = await db.sql`select count(*)::integer as count from private.event_log`;
  expect(stored?.count).toBe(written);
});
