/** What `--reset` empties: each thing by name, so that a data folder set by mistake loses nothing else. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Everything in the data folder but the keys and the note of what runs. */
export const EMPTIED: readonly string[] = [
  'postgres',
  'postgres.new',
  'redis',
  'storage',
  'mail',
  'media',
  'deno',
  'logs',
];

/**
 * Deletes the data of a stack that does not run. The keys stay, so that what was configured with
 * them goes on working.
 */
export function emptyData(dataDir: string): void {
  for (const name of EMPTIED) rmSync(join(dataDir, name), { recursive: true, force: true });
}
