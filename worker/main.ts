/**
 * `npm run worker`: takes restream sessions from the database and pushes them. Any number of workers may
 * run, on any machine that reaches the database. SIGTERM or Ctrl-C gives the sessions back and ends; a second one ends at once.
 */
import { join } from 'node:path';
import { tryLock } from '../lib/file-lock.ts';
import { logEvent, logProblem } from '../lib/log.ts';
import { onStopRequest } from '../lib/stop-request.ts';
import { createDriver } from './drivers/create-driver.ts';
import { readSettings, type Settings } from './settings.ts';
import { Worker } from './worker.ts';

/** However long something takes to end, the process ends. */
const DRAIN_MS = 4_000;
/** A terminal's Ctrl-C comes from the terminal, and once more from npm. */
const SAME_SIGNAL_MS = 1_000;

function lock({ id, folder }: Settings): void {
  if (tryLock(join(folder, 'lock'))) return;
  throw new Error(
    `Another worker with the id "${id}" runs on this machine; give each its own WORKER_ID.`,
  );
}

/** The first request to end drains; a signal that comes later ends at once. */
function endOnRequest(worker: Worker): void {
  let firstAt: number | null = null;
  onStopRequest((request) => {
    if (firstAt === null) {
      firstAt = performance.now();
      logEvent(`${request}: giving the sessions back`);
      worker.drain();
      setTimeout(() => process.exit(0), DRAIN_MS).unref();
    } else if (request !== 'npm has ended' && performance.now() - firstAt > SAME_SIGNAL_MS) {
      process.exit(1);
    }
  });
}

async function main(): Promise<void> {
  const settings = readSettings();
  lock(settings);
  const driver = await createDriver(settings);
  const leftovers = await driver.prepare();
  if (leftovers > 0) logEvent(`ended ${leftovers} ffmpeg(s) that a killed worker has left running`);
  const worker = new Worker(settings, driver);
  endOnRequest(worker);
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
