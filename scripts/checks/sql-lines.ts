import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../stack/config.ts';
import { SCHEMA_FILE } from '../generate-schema.ts';
import type { Check } from './check.ts';

/** What fits beside a diff. */
const LONGEST = 120;

/**
 * Finds the lines that are too long.
 *
 * @param file the file's path, for the findings
 * @param sql what is in it
 */
export function findLongLines(file: string, sql: string): string[] {
  return sql.split('\n').flatMap((line, index) => {
    const { length } = [...line]; // of characters; a line's own length is in UTF-16 units
    if (length <= LONGEST) return [];
    return [`${file}:${index + 1}: ${length} characters; break it after ${LONGEST} at most`];
  });
}

/** The SQL files of the repository that people write, in order. */
export async function listWrittenSql(): Promise<string[]> {
  const exclude = ['node_modules/**', '.streambed/**', SCHEMA_FILE];
  return (await Array.fromAsync(glob('**/*.sql', { cwd: ROOT, exclude }))).sort();
}

/** Every SQL file can be read beside its diff. */
export const sqlLines: Check = {
  name: 'SQL lines',
  async run() {
    const findings: string[] = [];
    for (const file of await listWrittenSql()) {
      findings.push(...findLongLines(file, await readFile(join(ROOT, file), 'utf8')));
    }
    return { findings };
  },
};
