import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
  await db.sql.unsafe(`
    create table private.probe_log (id bigint generated always as identity, created_at timestamptz not null default now())
      partition by range (created_at);
    select private.register_log_table('private.probe_log', 'day', '7 days');`);
});
afterAll(() => db.drop());

const partitions = async () =>
  (
    await db.sql`
      select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'private.probe_log'::regclass order by 1`
  ).map(({ name }) => name);
const maintain = () => db.asService((sql) => sql`select public.maintain_partitions() as dropped`);

describe('log tables', () => {
  test('have the partitions of today and the two days after, and a default one', async () => {
    expect(await partitions()).toHaveLength(4);
    expect(await partitions()).toContain('private.probe_log_default');
  });

  test('rows that came before their partition move into it', async () => {
    const before = (await partitions()).length;
    await db.sql`insert into private.probe_log (created_at) values (now() + interval '20 days')`;
    await db.sql`select private.create_partition('private.probe_log', 'day', now() + interval '20 days')`;
    expect((await partitions()).length).toBe(before + 1);
    expect(await db.sql`select from private.probe_log_default`).toHaveLength(0);
    expect(await db.sql`select from private.probe_log`).toHaveLength(1);
  });

  test('partitions past their keeping are dropped, and only those', async () => {
    await db.sql`select private.create_partition('private.probe_log', 'day', now() - interval '8 days')`;
    await db.sql`select private.create_partition('private.probe_log', 'day', now() - interval '7 days')`;
    const before = await partitions();
    expect(await maintain()).toEqual([{ dropped: 1 }]);
    expect(await partitions()).toHaveLength(before.length - 1);
    expect(await maintain()).toEqual([{ dropped: 0 }]);
  });

  test('only the server maintains them', async () => {
    const { id } = await db.createUser();
    await expectFailure(
      db.asUser(id, (sql) => sql`select public.maintain_partitions()`),
      {
        code: '42501',
      },
    );
  });
});
