/** Checks that what is generated and checked in is what would be generated now. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../stack/config.ts';
import { generateSchema, SCHEMA_FILE } from '../generate-schema.ts';
import { generateTypes, TYPES_FILE } from '../generate-types.ts';
import type { Check } from './check.ts';
import type { MigratedDatabase } from './databases.ts';

function firstDifference(kept: string, fresh: string): string {
  const keptLines = kept.split('\n');
  const freshLines = fresh.split('\n');
  const at = freshLines.findIndex((line, index) => line !== keptLines[index]);
  const line = at < 0 ? freshLines.length : at;
  return `line ${line + 1}: has ${keptLines[line] ?? '(nothing)'}, should have ${freshLines[line] ?? '(nothing)'}`;
}

/**
 * Compares a file of the checkout with what it should be.
 *
 * @param file its path in the repository
 * @param command what writes it
 * @param fresh what that would write
 * @returns a finding where they differ, with the first line that does
 */
export async function compareWithKept(
  file: string,
  command: string,
  fresh: string,
): Promise<string[]> {
  const kept = await readFile(join(ROOT, file), 'utf8').catch(() => '');
  if (kept === fresh) return [];
  return [`${file} is stale, run \`${command}\`: ${firstDifference(kept, fresh)}`];
}

function freshCheck(
  file: string,
  command: string,
  generate: (database: MigratedDatabase) => Promise<string>,
): Check {
  return {
    name: `${file} is fresh`,
    async run(databases) {
      const fresh = await generate(await databases.embedded());
      return { findings: await compareWithKept(file, command, fresh) };
    },
  };
}

/** `types/database.ts` says what the migrations say. */
export const typesFresh = freshCheck(TYPES_FILE, 'npm run gen:types', ({ url }) =>
  generateTypes(url),
);

/** `sql/schema.sql` says what the migrations say. */
export const schemaFresh = freshCheck(SCHEMA_FILE, 'npm run gen:schema', generateSchema);
