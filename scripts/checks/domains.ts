import { lintDomains } from '../domains/lint.ts';
import { readWrittenSql } from '../written-sql.ts';
import type { Check } from './check.ts';

/** The domains of `sql/migrations` keep to themselves. */
export const domains: Check = {
  name: 'domain boundaries',
  run: async () => ({ findings: lintDomains(await readWrittenSql()) }),
};
