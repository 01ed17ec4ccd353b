import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { append, appendOn, eventsOf } from '../support/events.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const appendMany = (id: string, events: unknown, expectedVersion: number | null = null) =>
  db.asService(
    (sql) =>
      sql`select * from public.append_events('Probe', ${id}, ${sql.json(events as never)}, ${expectedVersion})`,
  );

describe('append_event', () => {
  test('gives versions from 1, and rising positions', async () => {
    const id = randomUUID();
    const [first, second] = [
      await append(db, id, { data: { new: { x: 1 } } }),
      await append(db, id),
    ];
    expect([first.version, second.version]).toEqual(['1', '2']);
    expect(BigInt(second.position)).toBeGreaterThan(BigInt(first.position));
    expect(await eventsOf(db, 'Probe', id)).toMatchObject([
      { version: '1', event_type: 'ProbeMoved', event_data: { new: { x: 1 } }, user_id: null },
      { version: '2' },
    ]);
  });

  test('with the right expected version goes on, with a wrong one is refused with both numbers', async () => {
    const id = randomUUID();
    await append(db, id, { expectedVersion: 0 });
    expect(await append(db, id, { expectedVersion: 1 })).toMatchObject({ version: '2' });
    for (const expectedVersion of [0, 1, 3]) {
      await expectFailure(append(db, id, { expectedVersion }), {
        status: 409,
        details: 'version_conflict',
        message: new RegExp(`Expected version ${expectedVersion} .* at version 2`),
      });
    }
    await expectFailure(append(db, randomUUID(), { expectedVersion: 5 }), {
      details: 'version_conflict',
      message: /at version 0/,
    });
    expect(await eventsOf(db, 'Probe', id)).toHaveLength(2);
  });

  test('the same event id again is the first answer and writes nothing', async () => {
    const [id, eventId] = [randomUUID(), randomUUID()];
    const first = await append(db, id, { eventId, expectedVersion: 0 });
    expect(await append(db, id, { eventId, expectedVersion: 0 })).toEqual(first);
    expect(await append(db, randomUUID(), { eventId })).toEqual(first);
    expect(await eventsOf(db, 'Probe', id)).toHaveLength(1);
  });

  test('an event without an id of its own has one, by which it is known as well', async () => {
    const id = randomUUID();
    const appended = [await append(db, id), await append(db, id)];
    const ids = (await eventsOf(db, 'Probe', id)).map((event) => event.id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const [index, eventId] of ids.entries()) {
      expect(await append(db, randomUUID(), { eventId })).toEqual(appended[index]);
    }
    const alike = `00000000-0000-8000-${id.slice(19)}`;
    expect(await append(db, id, { eventId: alike })).toMatchObject({ version: '3' });
    expect((await eventsOf(db, 'Probe', id)).at(-1)?.id).toBe(alike);
  });

  test('20 retries of one event at once are one event', async () => {
    const [id, eventId] = [randomUUID(), randomUUID()];
    const connections = await db.connect(20, 'postgres');
    const answers = await Promise.all(connections.map((sql) => appendOn(sql, id, { eventId })));
    expect(new Set(answers.map(({ position }) => position)).size).toBe(1);
    expect(await eventsOf(db, 'Probe', id)).toHaveLength(1);
  });

  test.each([
    ['aggregate_type', "'probe', gen_random_uuid(), 'Moved', '{}'"],
    ['aggregate_id', "'Probe', null, 'Moved', '{}'"],
    ['event_type', "'Probe', gen_random_uuid(), 'moved it', '{}'"],
    ['event_data', "'Probe', gen_random_uuid(), 'Moved', '[]'"],
    [
      'event_data',
      "'Probe', gen_random_uuid(), 'Moved', jsonb_build_object('x', repeat('y', 300000))",
    ],
    ['metadata', "'Probe', gen_random_uuid(), 'Moved', '{}', metadata => '1'"],
  ])('junk in %s is refused', async (field, args) => {
    await expectFailure(
      db.asService((sql) => sql.unsafe(`select public.append_event(${args})`)),
      {
        status: 400,
        details: `${field}_invalid`,
      },
    );
  });
});

describe('append_events', () => {
  const three = [1, 2, 3].map((x) => ({
    event_type: 'ProbeMoved',
    event_data: { new: { x } },
    event_id: randomUUID(),
  }));

  test('appends all with consecutive versions, and answers for the last', async () => {
    const id = randomUUID();
    const [answer] = await appendMany(id, three, 0);
    expect(answer?.version).toBe('3');
    expect(await appendMany(id, three, 0)).toEqual([answer]);
    expect((await eventsOf(db, 'Probe', id)).map(({ version }) => version)).toEqual([
      '1',
      '2',
      '3',
    ]);
    await expectFailure(appendMany(id, [three[0], { event_type: 'ProbeMoved', event_data: {} }]), {
      status: 409,
      details: 'event_id_conflict',
    });
  });

  test('appends none when one is refused', async () => {
    const id = randomUUID();
    await expectFailure(
      appendMany(id, [{ event_type: 'ProbeMoved', event_data: {} }, { event_type: 'bad' }]),
      {
        details: 'event_type_invalid',
      },
    );
    await append(db, id);
    await expectFailure(appendMany(id, [{ event_type: 'ProbeMoved', event_data: {} }], 0), {
      details: 'version_conflict',
    });
    expect(await eventsOf(db, 'Probe', id)).toHaveLength(1);
  });

  test.each([['{}'], ['[]'], ['null'], [JSON.stringify(Array(1001).fill({}))]])(
    'refuses %.20s',
    async (events) => {
      await expectFailure(appendMany(randomUUID(), JSON.parse(events)), {
        status: 400,
        details: 'events_invalid',
      });
    },
  );
});

describe('append-only', () => {
  test.each([
    'update private.event_log set event_type = $$Changed$$',
    'delete from private.event_log',
    'truncate private.event_log',
    'update private.event_log_0 set event_type = $$Changed$$',
    'delete from private.event_log_0',
    'truncate private.event_log_0',
  ])('%s is refused, to the owner and the superuser too', async (statement) => {
    await append(db, randomUUID());
    for (const sql of [db.sql, db.superuser]) {
      await expectFailure(sql.unsafe(statement), { status: 403, details: 'event_log_append_only' });
    }
  });

  test('no client appends or reads by hand', async () => {
    const { id } = await db.createUser({ role: 'admin' });
    for (const call of [
      "append_event('Probe', gen_random_uuid(), 'Moved', '{}')",
      "append_events('Probe', gen_random_uuid(), '[]')",
      'read_events()',
      "get_events('User', gen_random_uuid())",
    ]) {
      await expectFailure(
        db.asUser(id, (sql) => sql.unsafe(`select public.${call}`)),
        { code: '42501' },
      );
    }
  });
});

test('32 writers on one aggregate with optimistic retry lose nothing and leave versions 1 to N', async () => {
  const WRITERS = 32;
  const EACH = 10;
  const id = randomUUID();
  const connections = await db.connect(WRITERS, 'postgres');
  let conflicts = 0;
  await Promise.all(
    connections.map(async (sql, writer) => {
      for (let n = 0; n < EACH; ) {
        const [head] =
          await sql`select coalesce(max(version), 0) as version from private.event_log where aggregate_id = ${id}`;
        try {
          await appendOn(sql, id, { expectedVersion: head?.version, data: { writer, n } });
          n++;
        } catch (error) {
          expect((error as { detail?: string }).detail).toBe('version_conflict');
          conflicts++;
        }
      }
    }),
  );
  const events = await eventsOf(db, 'Probe', id);
  expect(events.map(({ version }) => Number(version))).toEqual(
    Array.from({ length: WRITERS * EACH }, (_, i) => i + 1),
  );
  expect(new Set(events.map(({ event_data: { writer, n } }) => `${writer}-${n}`)).size).toBe(
    WRITERS * EACH,
  );
  expect(conflicts).toBeGreaterThan(0);
});
