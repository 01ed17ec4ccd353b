import { readWrittenSql, type WrittenSql } from '../written-sql.ts';
import type { Check } from './check.ts';

/** What fits beside a diff. */
const LONGEST = 120;

/** Finds the lines of a file that are too long. */
export function findLongLines({ path, sql }: WrittenSql): string[] {
  return sql.split('\n').flatMap((line, index) => {
    const { length } = [...line]; // of characters; a line's own length is in UTF-16 units
    if (length <= LONGEST) return [];
    return [`${path}:${index + 1}: ${length} characters; break it after ${LONGEST} at most`];
  });
}

/** Every SQL file can be read beside its diff. */
export const sqlLines: Check = {
  name: 'SQL lines',
  run: async () => ({ findings: (await readWrittenSql()).flatMap(findLongLines) }),
};
