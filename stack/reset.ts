/** What `--reset` empties: each thing by name, so that a data folder set by mistake loses nothing else. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Everything in the data folder but the keys and the note of what runs. */
const EMPTIED: readonly string[] = [
  'postgres',
  'postgres.new',
  'redis',
  'storage',
  'mail',
  'media',
  'deno',
  'logs',
];

/** Each worker's own folder: worker, worker-2, … */
const WORKER = /^worker(-\d)?$/;

/** Whether a reset deletes this entry of the data folder. */
export function isEmptied(name: string): boolean {
  return EMPTIED.includes(name) || WORKER.test(name);
}

function emptiedIn(dataDir: string): string[] {
  return existsSync(dataDir) ? readdirSync(dataDir).filter(isEmptied) : [];
}

function assertStackMadeIt(dataDir: string): void {
  if (existsSync(join(dataDir, 'keys.json'))) return;
  const found = emptiedIn(dataDir);
  if (found.length === 0) return;
  throw new Error(
    `${dataDir} has no keys.json, so its ${found.join(', ')} may not be a stack's, and nothing was deleted; ` +
      'set STREAMBED_DATA_DIR to a folder of its own, or delete the data yourself.',
  );
}

/**
 * Deletes the data of a stack that does not run. The keys stay, so that what was configured with
 * them goes on working.
 * @throws Error, with nothing deleted, when no stack has made the folder's contents
 */
export function emptyData(dataDir: string): void {
  assertStackMadeIt(dataDir);
  for (const name of emptiedIn(dataDir))
    rmSync(join(dataDir, name), { recursive: true, force: true });
}
