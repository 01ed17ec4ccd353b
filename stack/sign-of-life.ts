/**
 * For a service that answers nobody: a file that it touches again and again, for as long as it works.
 * Loaded into the program, which need not know of it; `STREAMBED_SIGN_FILE` names the file.
 */
import { mkdirSync, statSync, writeFile } from 'node:fs';
import { dirname, join } from 'node:path';

const EVERY_MS = 2_000;
const STALE_AFTER_MS = 10_000;

/** Where a service of a stack gives its signs. */
export function signFile(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.alive`);
}

/** Whether the last sign is recent. */
export function isGivingSigns(file: string): boolean {
  const last = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(Date.now() - last) < STALE_AFTER_MS;
}

function giveSigns(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const give = () => writeFile(file, '', () => {}); // a failure is seen by its age
  give();
  setInterval(give, EVERY_MS).unref();
}

const file = process.env.STREAMBED_SIGN_FILE;
if (file) giveSigns(file);
