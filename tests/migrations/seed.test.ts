import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSeed } from '../../sql/cli/migrations.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

/** The number of rows of every table that a client may see, and of the accounts behind them. */
async function countRows(): Promise<Record<string, number>> {
  const tables = await db.sql`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'public' or (schemaname, tablename) in (('auth', 'users'), ('auth', 'identities'))
    order by 1`;
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await db.sql.unsafe(`select count(*)::int as n from ${name}`);
    counts[name] = row?.n;
  }
  return counts;
}

test("the product's seed runs on a migrated database, adds something, and twice adds no more", async () => {
  const before = await countRows();
  expect(await runSeed(db.url)).toBe(true);
  const once = await countRows();
  expect(once).not.toEqual(before);
  expect(await runSeed(db.url)).toBe(true);
  expect(await countRows()).toEqual(once);
});
