/** Checks that what is generated and checked in is what would be generated now. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../lib/root.ts';
import { GENERATED } from '../generated.ts';
import type { Check } from './check.ts';

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

/** What is made from the migrations says what they say. */
export const fresh: Check = {
  name: 'generated files are fresh',
  async run(databases) {
    const database = await databases.embedded();
    const findings: string[] = [];
    for (const { file, generate } of GENERATED) {
      findings.push(...(await compareWithKept(file, 'npm run gen', await generate(database))));
    }
    return { findings };
  },
};
