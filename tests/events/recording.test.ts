/** `record_events`: one statement has a table's changes appended, broadcast, and their personal values encrypted. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { eventsOf, replay } from '../support/events.ts';
import { sentOn } from '../support/sent-messages.ts';

let db: TestDatabase;
let owner: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
  await db.sql.unsafe(`
    create table public.probes (
      id uuid primary key default gen_random_uuid(), creator_id uuid not null, status text not null default 'new',
      note text, address inet, beats integer not null default 0, peak integer not null default 0,
      size numeric, tags text[], seen_at timestamptz, data jsonb,
      doubled integer generated always as (beats * 2) stored);
    select private.record_events('public.probes', 'Probe', owner => 'creator_id',
      unrecorded => '{beats, peak, doubled}', finals => '{"ProbeEnded": ["peak"]}', personal => '{note, address}',
      event => $$case
        when tg_op = 'INSERT' then 'ProbeMade'
        when tg_op = 'DELETE' then 'ProbeDeleted'
        when old.status <> 'ended' and new.status = 'ended' then 'ProbeEnded'
        else 'ProbeChanged' end$$,
      topic => $$case when event_type <> 'ProbeChanged' then 'probe:' || subject.id end$$,
      broadcast => $$lower(event_type)$$,
      payload => $$jsonb_build_object('status', subject.status)$$);`);
});
afterAll(() => db.drop());

async function makeProbe(columns: Record<string, unknown> = {}): Promise<string> {
  const [made] = await db.sql`
    insert into public.probes ${db.sql({ creator_id: owner.id, ...columns } as never)} returning id`;
  return made?.id;
}

const types = async (id: string) =>
  (await eventsOf(db, 'Probe', id)).map(({ event_type }) => event_type);

describe('what is appended', () => {
  test('the event that the case chooses, with what changed and whose it is', async () => {
    const id = await makeProbe({ note: 'hello', size: '1.50', tags: ['a'] });
    await db.sql`update public.probes set size = 2, seen_at = '2026-01-01T01:00:00+01', data = '{"a": null}' where id = ${id}`;
    await db.sql`update public.probes set peak = 7, status = 'ended' where id = ${id}`;
    await db.sql`delete from public.probes where id = ${id}`;
    const events = await eventsOf(db, 'Probe', id);
    expect(events.map(({ event_type }) => event_type)).toEqual([
      'ProbeMade',
      'ProbeChanged',
      'ProbeEnded',
      'ProbeDeleted',
    ]);
    expect(events.every(({ user_id }) => user_id === owner.id)).toBe(true);
    expect(events[0]?.event_data).toMatchObject({
      new: { id, note: 'hello', size: 1.5, tags: ['a'] },
    });
    expect(events[0]?.event_data.new).not.toHaveProperty('beats');
    expect(events[1]?.event_data).toEqual({
      old: { size: 1.5, seen_at: null, data: null },
      new: { size: 2, seen_at: '2026-01-01T00:00:00+00:00', data: { a: null } },
    });
    expect(events[2]?.event_data).toEqual({
      old: { status: 'new' },
      new: { status: 'ended', peak: 7 },
    });
    expect(events[3]?.event_data).toMatchObject({ old: { id, note: 'hello' }, new: null });
    expect(await replay(db, 'Probe', id)).toBeNull();
    expect(await replay(db, 'Probe', id, { atVersion: 3 })).toMatchObject({
      note: 'hello',
      size: 2,
      status: 'ended',
      peak: 7,
    });
  });

  test('nothing for what is left out, nor for an update that changes nothing', async () => {
    const id = await makeProbe({ note: 'x' });
    await db.sql`update public.probes set beats = beats + 1 where id = ${id}`;
    await db.sql`update public.probes set note = note, status = status where id = ${id}`;
    expect(await types(id)).toEqual(['ProbeMade']);
  });

  test('a null that becomes a value, and a value that becomes null', async () => {
    const id = await makeProbe();
    await db.sql`update public.probes set size = 1 where id = ${id}`;
    await db.sql`update public.probes set size = null where id = ${id}`;
    const events = await eventsOf(db, 'Probe', id, 2);
    expect(events.map(({ event_data }) => event_data)).toEqual([
      { old: { size: null }, new: { size: 1 } },
      { old: { size: 1 }, new: { size: null } },
    ]);
  });
});

describe('what is told', () => {
  test('the topic, the event name and the payload that it names, with version and position', async () => {
    const id = await makeProbe();
    await db.sql`update public.probes set size = 1 where id = ${id}`;
    await db.sql`update public.probes set status = 'ended' where id = ${id}`;
    const told = await sentOn(db, `probe:${id}`);
    expect(told).toMatchObject([
      { event: 'probemade', private: true, payload: { type: 'ProbeMade', version: 1 } },
      {
        event: 'probeended',
        payload: { type: 'ProbeEnded', version: 3, status: 'ended', at: expect.any(String) },
      },
    ]);
    const [, , ended] = await eventsOf(db, 'Probe', id);
    expect(told[1]?.payload.position).toBe(Number(ended?.position));
  });
});

describe('personal values', () => {
  const stored = (id: string) => db.sql`
    select event_data, personal from private.event_log where aggregate_id = ${id} order by position`;

  test('are not in the log in clear, and readers see them', async () => {
    const id = await makeProbe({ note: 'a secret note', address: '192.0.2.77' });
    await db.sql`update public.probes set note = 'another note' where id = ${id}`;
    const [log] = await db.sql`
      select string_agg(event_log::text, ' ') as text from private.event_log where aggregate_id = ${id}`;
    expect(log?.text).not.toMatch(/note'|secret|another|192\.0\.2/);
    expect(await stored(id)).toMatchObject([
      { event_data: { new: { note: 'erased', address: 'erased' } } },
      { event_data: { old: { note: 'erased' }, new: { note: 'erased' } } },
    ]);
    expect((await eventsOf(db, 'Probe', id)).at(-1)?.event_data).toEqual({
      old: { note: 'a secret note' },
      new: { note: 'another note' },
    });
  });

  test('an event without any is stored as it is', async () => {
    const id = await makeProbe();
    await db.sql`update public.probes set size = 1 where id = ${id}`;
    expect(await stored(id)).toMatchObject([{ personal: null }, { personal: null }]);
  });

  test('two equal values look different', async () => {
    const [a, b] = [
      await makeProbe({ note: 'same', address: '192.0.2.1' }),
      await makeProbe({ note: 'same', address: '192.0.2.1' }),
    ];
    const [[first], [second]] = [await stored(a as string), await stored(b as string)];
    expect(first?.personal.equals(second?.personal)).toBe(false);
  });

  test('are said to be erased once the key is gone; the chain holds, others keep theirs', async () => {
    const [erased, kept] = [await db.createUser(), await db.createUser()];
    await db.sql`update private.settings set value = '1' where key = 'events_per_snapshot'`;
    const of = (user: TestUser) => makeProbe({ creator_id: user.id, note: `note of ${user.id}` });
    const [theirs, others] = [await of(erased), await of(kept)];
    await db.sql`update public.probes set status = 'ended' where id in ${db.sql([theirs, others])}`;
    await db.sql`update public.probes set status = 'new' where id in ${db.sql([theirs, others])}`;
    const snapshots = () =>
      db.asService((sql) => sql`select state from public.get_snapshot('Probe', ${theirs})`);
    expect((await snapshots())[0]?.state.note).toBe(`note of ${erased.id}`);
    await db.sql`select private.erase_user(${erased.id})`;
    expect(await replay(db, 'Probe', theirs)).toMatchObject({ note: 'erased', status: 'new' });
    expect((await snapshots())[0]?.state.note).toBe('erased');
    expect(await replay(db, 'Probe', others)).toMatchObject({ note: `note of ${kept.id}` });
    for (const id of [theirs, others]) {
      const [proof] = await db.asService(
        (sql) => sql`select * from public.verify_events('Probe', ${id})`,
      );
      expect(proof).toMatchObject({ valid: true, checked: '3' });
    }
    await db.sql`update public.probes set note = 'once more' where id = ${theirs}`;
    expect((await eventsOf(db, 'Probe', theirs)).at(-1)?.event_data).toEqual({
      old: { note: 'erased' },
      new: { note: 'erased' },
    });
    await db.sql`update private.settings set value = '100' where key = 'events_per_snapshot'`;
  });

  test('a changed cipher breaks the chain', async () => {
    const id = await makeProbe({ note: 'to be forged' });
    await db.superuser.unsafe(`
      set session_replication_role = replica;
      update private.event_log set personal = set_byte(personal, 20, get_byte(personal, 20) # 1) where aggregate_id = '${id}';
      reset session_replication_role;`);
    const [proof] = await db.asService(
      (sql) => sql`select * from public.verify_events('Probe', ${id})`,
    );
    expect(proof).toMatchObject({ valid: false, first_broken_version: '1' });
  });
});

describe('what is refused', () => {
  const record = (rest: string) =>
    db.sql.unsafe(
      `select private.record_events('public.refused', 'Refused', event => '''Made''', ${rest})`,
    );

  beforeAll(() => db.sql`create table public.refused (id uuid primary key, owner_id uuid)`);

  test.each([
    ['without the owner', "owner => 'user_id'", /has no column user_id/],
    [
      'without a column that is left out',
      "owner => 'owner_id', unrecorded => '{beats}'",
      /has no column beats/,
    ],
    [
      'without a personal column',
      "owner => 'owner_id', personal => '{email}'",
      /has no column email/,
    ],
    [
      'without a final column',
      `owner => 'owner_id', finals => '{"Made": ["peak"]}'`,
      /has no column peak/,
    ],
    ['with a topic that is told nothing', "owner => 'owner_id', topic => '''t'''", /alone/],
  ])('a table %s', async (_, rest, message) => {
    await expectFailure(record(rest), { status: 400, details: 'recording_invalid', message });
  });

  test('a table without an id', async () => {
    await db.sql`create table public.nameless (owner_id uuid)`;
    await expectFailure(
      db.sql`select private.record_events('public.nameless', 'N', owner => 'owner_id', event => '''Made''')`,
      { details: 'recording_invalid', message: /has no column id/ },
    );
  });
});

test('append_notice seals what is personal and tells a topic', async () => {
  const id = randomUUID();
  await db.sql`
    select private.append_notice('Probe', ${id}, 'ProbeRefused', ${db.sql.json({ rule: 'full', ip: '192.0.2.9' })},
      ${owner.id}, personal => '{ip}', topic => ${`user:${owner.id}`}, payload => '{"rule": "full"}')`;
  const [log] = await db.sql`select event_data from private.event_log where aggregate_id = ${id}`;
  expect(log?.event_data).toEqual({ rule: 'full', ip: 'erased' });
  expect((await eventsOf(db, 'Probe', id))[0]?.event_data).toEqual({
    rule: 'full',
    ip: '192.0.2.9',
  });
  expect((await sentOn(db, `user:${owner.id}`)).at(-1)).toMatchObject({
    event: 'ProbeRefused',
    payload: { rule: 'full', version: 1 },
  });
});
