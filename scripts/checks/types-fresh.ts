import { readFile } from 'node:fs/promises';
import { generateTypes, TYPES_FILE } from '../generate-types.ts';
import type { Check } from './check.ts';

function firstDifference(kept: string, fresh: string): string {
  const keptLines = kept.split('\n');
  const freshLines = fresh.split('\n');
  const at = freshLines.findIndex((line, index) => line !== keptLines[index]);
  const line = at < 0 ? freshLines.length : at;
  return `line ${line + 1}: has ${keptLines[line] ?? '(nothing)'}, should have ${freshLines[line] ?? '(nothing)'}`;
}

/** `types/database.ts` says what the migrations say. */
export const typesFresh: Check = {
  name: 'types/database.ts is fresh',
  async run(databases) {
    const fresh = await generateTypes((await databases.embedded()).url);
    const kept = await readFile(TYPES_FILE, 'utf8').catch(() => '');
    if (kept === fresh) return { findings: [] };
    return {
      findings: [
        `types/database.ts is stale, run \`npm run gen:types\`: ${firstDifference(kept, fresh)}`,
      ],
    };
  },
};
