/** For a service that answers nobody: a file that it touches again and again, for as long as it works. */
import { mkdirSync, statSync, writeFile } from 'node:fs';
import { dirname, join } from 'node:path';

const EVERY_MS = 2_000;
const STALE_AFTER_MS = 10_000;

const fileOf = (dataDir: string, name: string) => join(dataDir, 'run', `${name}.alive`);

/** Gives signs of life from now on, until the process ends. */
export function giveSigns(dataDir: string, name: string): void {
  const file = fileOf(dataDir, name);
  mkdirSync(dirname(file), { recursive: true });
  const give = () => writeFile(file, '', () => {}); // a failure is seen by its age
  give();
  setInterval(give, EVERY_MS);
}

/** Whether the last sign is recent. */
export function isGivingSigns(dataDir: string, name: string): boolean {
  const last = statSync(fileOf(dataDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(Date.now() - last) < STALE_AFTER_MS;
}
