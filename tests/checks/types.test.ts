import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateTypes } from '../../scripts/generate-types.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

test('two runs give the same text, and a change of the schema changes it', async () => {
  const first = await generateTypes(db.url);
  expect(await generateTypes(db.url)).toBe(first);
  await db.sql`alter table public.profiles add column planted integer`;
  const second = await generateTypes(db.url);
  expect(second).not.toBe(first);
  expect(second).toMatch(/planted\??: number \| null/);
});

test('nothing of the schema private is in it', async () => {
  const types = await generateTypes(db.url);
  expect(types).toMatch(/profiles: \{/);
  expect(types).not.toMatch(/^\s*(private|settings|secrets|stream_keys): \{/m);
});

test('a failing generator is an error that repeats its words', async () => {
  const nowhere = db.url.replace('postgres:postgres@', 'postgres:wrong@');
  await expect(generateTypes(nowhere)).rejects.toThrow(/supabase gen types failed/);
});
