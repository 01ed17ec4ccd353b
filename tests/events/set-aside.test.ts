/** A log from before depth was checked may hold events that nobody can read: they are set aside, and the rest goes on. */
import { randomUUID } from 'node:crypto';
import { append, replay, type StoredEvent } from '../support/events.ts';
import { test as base, describe, expect } from '../support/fixtures.ts';

const nested = (levels: number) => `{"new": {"a": ${'['.repeat(levels)}${']'.repeat(levels)}}}`;

/** An aggregate with an event before and one after that which is too deep. */
const test = base.extend('aggregate', { scope: 'file' }, async ({ db }) => {
  const id = randomUUID();
  await append(db, id, { data: { new: { step: 1 } } });
  for (const levels of [5000, 66]) {
    await db.sql`
      select private.write_event('Probe', ${id}, 'ProbeSunk', ${nested(levels)}::text::jsonb, null,
        ${nested(levels)}::text::jsonb)`;
  }
  await append(db, id, { data: { new: { step: 2 } } });
  return id;
});

const check = (events: readonly StoredEvent[]) => {
  expect(events.map(({ version }) => version)).toEqual(['1', '2', '3', '4']);
  const [first, sunk, readable, last] = events;
  expect(sunk).toMatchObject({ event_data: { set_aside: true }, metadata: { set_aside: true } });
  expect(sunk?.position).toMatch(/^\d+$/);
  expect(JSON.stringify(readable?.event_data)).toBe(JSON.stringify(JSON.parse(nested(66))));
  expect([first, last].map((event) => event?.event_data)).toEqual([
    { new: { step: 1 } },
    { new: { step: 2 } },
  ]);
};

describe('an event that is too deep to be read', () => {
  test('is handed to a consumer set aside, with its position, and the rest goes on', async ({
    db,
    aggregate,
  }) => {
    const claimed = await db.asService(
      (sql) => sql<StoredEvent[]>`select * from public.claim_events('probe')`,
    );
    check(claimed.filter((event) => event.aggregate_id === aggregate));
    const [answer] = await db.asService(
      (sql) =>
        sql`select public.acknowledge_events('probe', ${claimed.at(-1)?.position ?? ''}) as news`,
    );
    expect(answer).toEqual({ news: true });
  });

  test('is read set aside from the log and from the history', async ({ db, aggregate }) => {
    const read = await db.asService(
      (sql) =>
        sql<StoredEvent[]>`select * from public.read_events(0, 1000, aggregate_type => 'Probe')`,
    );
    check(read);
    const history = await db.asService(
      (sql) => sql<StoredEvent[]>`select * from public.get_events('Probe', ${aggregate})`,
    );
    check(history);
  });

  test('leaves the state without it, and the chain of hashes whole', async ({ db, aggregate }) => {
    expect(await replay(db, 'Probe', aggregate)).toMatchObject({ step: 2 });
    const [proof] = await db.asService(
      (sql) => sql`select * from public.verify_events('Probe', ${aggregate})`,
    );
    expect(proof).toMatchObject({ valid: true, checked: '4' });
  });
});
