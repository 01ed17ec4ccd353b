import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOCK_SQL } from '../../sql/cli/bookkeeping.ts';
import { migrateDown, migrateUp } from '../../sql/cli/migrations.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';

let db: EmptyDatabase;
let folder: MigrationsFolder;
let names: string[];

beforeEach(async () => {
  db = await createEmptyDatabase();
  folder = createMigrationsFolder();
  names = Array.from({ length: 6 }, (_, i) =>
    folder.write(i, `step_${i}`, `create table step_${i} (id int);`, `drop table step_${i};`),
  );
});
afterEach(async () => {
  folder.remove();
  await db.drop();
});

const up = () => migrateUp({ url: db.url, dir: folder.dir });
const down = () => migrateDown({ url: db.url, dir: folder.dir, target: { all: true } });

test('eight runners at once apply each file once between them, and none fails', async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, up));
  expect(runs.flat().sort()).toEqual(names);
});

test('two at once that revert do so once, and none fails', async () => {
  await up();
  const runs = await Promise.all([down(), down()]);
  expect(runs.flat().sort()).toEqual(names);
});

test('a runner waits while another transaction holds the lock', async () => {
  const sql = postgres(db.url, { max: 2, onnotice() {} });
  try {
    await up();
    const last = folder.write(90, 'late', 'create table late (id int);');
    let second: Promise<string[]> | undefined;
    await sql.begin(async (holder) => {
      await holder.unsafe(LOCK_SQL);
      second = up();
      await expect
        .poll(
          () => sql`select count(*)::int as n from pg_stat_activity
            where application_name = 'streambed-migrations' and wait_event = 'advisory'
              and datname = current_database()`,
          { timeout: 20_000 },
        )
        .toEqual([{ n: 1 }]);
      expect(await sql`select to_regclass('late')::text as found`).toEqual([{ found: null }]);
    });
    expect(await second).toEqual([last]);
  } finally {
    await sql.end();
  }
});
