import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAdvisors } from '../../scripts/checks/advisors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

test('the migrated schema gives Supabase nothing to warn about', async () => {
  expect(await runAdvisors(db.url)).toEqual([]);
});

test('a bad table and a bad function are found, and no longer once they are gone', async () => {
  await db.sql.unsafe(`
    create table public.planted (id int primary key);
    grant select on public.planted to anon;
    create function public.planted() returns int language sql security definer as 'select 1';`);
  const findings = await runAdvisors(db.url);
  expect(findings).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ERROR rls_disabled_in_public: .*public\.planted/),
      expect.stringMatching(/^WARN function_search_path_mutable: .*public\.planted/),
    ]),
  );
  await db.sql.unsafe('drop table public.planted; drop function public.planted();');
  expect(await runAdvisors(db.url)).toEqual([]);
});

test('a database that cannot be reached is an error, not a clean bill', async () => {
  const nowhere = db.url.replace('postgres:postgres@', 'postgres:wrong@');
  await expect(runAdvisors(nowhere)).rejects.toThrow(/supabase db advisors failed/);
});
