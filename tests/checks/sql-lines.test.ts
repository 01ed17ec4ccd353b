import { expect, test } from 'vitest';
import { findLongLines } from '../../scripts/checks/sql-lines.ts';
import { readWrittenSql } from '../../scripts/written-sql.ts';

test('a line of 121 characters is found by its number, one of 120 is not', () => {
  const fits = `-- ${'…'.repeat(117)}`;
  expect(findLongLines({ path: 'a.sql', sql: `${fits}\n\n${fits}x\n` })).toEqual([
    'a.sql:3: 121 characters; break it after 120 at most',
  ]);
});

test('a character outside the basic plane counts once', () => {
  expect(findLongLines({ path: 'a.sql', sql: `-- ${'😀'.repeat(117)}` })).toEqual([]);
});

test('every file that people write is looked at, and what is generated or installed is not', async () => {
  const paths = (await readWrittenSql()).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'sql/migrations/20261121010000_core.sql',
      'sql/rollbacks/20261121010000_core.sql',
      'sql/seed.sql',
      'scripts/catalogue/tables.sql',
      'scripts/schema-lint/missing-comment.sql',
    ]),
  );
  expect(paths.filter((path) => /^(node_modules|\.streambed)|schema\.sql$/.test(path))).toEqual([]);
});
