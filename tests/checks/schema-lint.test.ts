import type { TransactionSql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finding, lintSchema, lintWith, listRules } from '../../scripts/schema-lint/lint.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { LINT_CASES } from './schema-lint-cases.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

class Undo extends Error {}

/** Runs `work` in a transaction that leaves nothing. */
async function scratch(work: (sql: TransactionSql) => Promise<void>): Promise<void> {
  const attempt = db.sql.begin(async (sql) => {
    await work(sql);
    throw new Undo();
  });
  await expect(attempt).rejects.toBeInstanceOf(Undo);
}

const objects = (findings: Finding[]) => findings.map(({ object }) => object).sort();

test('the migrated schema is free of findings', async () => {
  expect(await lintSchema(db.url)).toEqual([]);
});

test('every rule is tried below', async () => {
  expect([...new Set(LINT_CASES.map(({ rule }) => rule))].sort()).toEqual(await listRules());
});

test.each(LINT_CASES)('$rule finds $title, and is content once cured', async (planted) => {
  await scratch(async (sql) => {
    await sql.unsafe(planted.plant).simple();
    const findings = (await lintWith(sql)).filter(({ rule }) => rule === planted.rule);
    expect(objects(findings)).toEqual(planted.found);
    expect(findings.every(({ advice }) => advice.length > 20)).toBe(true);
    await sql.unsafe(planted.cure).simple();
    expect(await lintWith(sql)).toEqual([]);
  });
});
