/**
 * `npm run worker`: takes restream sessions from the database and pushes them. Any number of workers may
 * run, on any machine that reaches the database. SIGTERM or Ctrl-C gives the sessions back and ends; a second one ends at once.
 */
import { join } from 'node:path';
import { tryLock } from '../stack/supervisor/file-lock.ts';
import { createDriver } from './drivers/create-driver.ts';
import { logEvent, logProblem } from './log.ts';
import { readSettings, type Settings } from './settings.ts';
import { Worker } from './worker.ts';

/** However long something takes to end, the process ends. */
const DRAIN_MS = 5_000;

function lock({ id, folder }: Settings): void {
  if (tryLock(join(folder, 'lock'))) return;
  throw new Error(
    `Another worker with the id "${id}" runs on this machine; give each its own WORKER_ID.`,
  );
}

async function main(): Promise<void> {
  const settings = readSettings();
  lock(settings);
  const driver = createDriver(settings);
  const leftovers = await driver.prepare();
  if (leftovers > 0) logEvent(`ended ${leftovers} ffmpeg(s) that a killed worker has left running`);
  const worker = new Worker(settings, driver);
  let isEnding = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) process.exit(1);
      isEnding = true;
      logEvent(`${signal}: giving the sessions back`);
      worker.drain();
      setTimeout(() => process.exit(0), DRAIN_MS).unref();
    });
  }
  logEvent(`worker ${worker.name} ready, for ${settings.capacity} session(s) at a time`);
  await worker.run();
}

try {
  await main();
  process.exit(0);
} catch (error) {
  logProblem((error as Error).message);
  process.exit(1);
}
