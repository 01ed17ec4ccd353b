import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import type { StoredEvent } from '../support/events.ts';
import { scannedTables } from '../support/plans.ts';
import { createStream, publish } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
});
afterAll(() => db.drop());

const trail = (act: TestDatabase['asAnon'], userId: string, rest = '') =>
  act((sql) =>
    sql.unsafe<StoredEvent[]>(`select * from public.get_audit_trail('${userId}'${rest})`),
  );
const asOwner: TestDatabase['asAnon'] = (work, options) => db.asUser(owner.id, work, options);

describe('get_audit_trail', () => {
  test('a user sees what happened to what is theirs, newest first, and who did it', async () => {
    const stream = await createStream(db, owner.id);
    await publish(db, stream);
    await db.asAdmin((sql) => sql`select public.disable_stream(${stream.id})`);
    const events = await trail(asOwner, owner.id);
    expect(events.map(({ event_type }) => event_type)).toEqual(
      expect.arrayContaining([
        'UserRegistered',
        'ProfileCreated',
        'StreamCreated',
        'StreamStarted',
        'SessionStarted',
        'StreamDisabled',
        'SessionEnded',
        'StreamEnded',
      ]),
    );
    const positions = events.map(({ position }) => Number(position));
    expect(positions).toEqual([...positions].sort((a, b) => b - a));
    const created = events.find(({ event_type }) => event_type === 'StreamCreated');
    expect(created?.metadata).toEqual({ actor_id: owner.id, actor_role: 'authenticated' });
    const disabled = events.find(({ event_type }) => event_type === 'StreamDisabled');
    expect(disabled?.metadata.actor_id).not.toBe(owner.id);
  });

  test('pages by position, and by time', async () => {
    const all = await trail(asOwner, owner.id);
    const first = await trail(asOwner, owner.id, ', max_count => 3');
    const second = await trail(
      asOwner,
      owner.id,
      `, max_count => 3, before_position => ${first.at(-1)?.position}`,
    );
    expect([...first, ...second]).toEqual(all.slice(0, 6));
    expect(await trail(asOwner, owner.id, ", since => now() + interval '1 minute'")).toHaveLength(
      0,
    );
    expect(await trail(asOwner, owner.id, ", until => now() - interval '1 day'")).toHaveLength(0);
    await expectFailure(trail(asOwner, owner.id, ', max_count => 1001'), {
      status: 400,
      details: 'max_count_invalid',
    });
  });

  test("nobody reads somebody else's but an admin", async () => {
    const { id } = await db.createUser();
    await expectFailure(
      trail((work) => db.asUser(id, work), owner.id),
      { status: 403, details: 'audit_trail_forbidden' },
    );
    await expectFailure(trail(db.asAnon, owner.id), { status: 401, details: 'sign_in_required' });
    expect((await trail(db.asAdmin, owner.id)).length).toBeGreaterThan(3);
    expect(await trail((work) => db.asUser(id, work), id)).toHaveLength(2);
  });
});

test('what is read of the log is read through indexes', async () => {
  await db.superuser.unsafe(`
    set session_replication_role = replica;
    insert into private.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, user_id, created_at, hash)
    select gen_random_uuid(), 'Bulk', md5((n % 100)::text)::uuid, n, 'Bulked', '{}', '{}', md5((n % 1000)::text)::uuid, now(), ''
    from generate_series(1, 30000) as n;
    reset session_replication_role;
    analyze private.event_log;`);
  const scanned = (query: string) => db.sql.begin((sql) => scannedTables(sql, query));
  const someone = "md5('7')::uuid";
  for (const query of [
    `select * from private.event_log where user_id = ${someone} and position < 9999999 order by position desc limit 100`,
    `select * from private.event_log where aggregate_type = 'Bulk' and aggregate_id = ${someone} and version >= 1 order by version limit 100`,
    'select * from private.event_log where position > 29000 and position <= 30000 order by position limit 100',
    "select * from private.event_log where aggregate_type = 'Rare' and position > 0 order by position limit 100",
    `select * from private.event_log where id = ${someone}`,
  ]) {
    const tables = (await scanned(query)).filter((table) => table === 'event_log_0');
    expect(tables, query).toEqual([]);
  }
});
