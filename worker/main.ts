/**
 * `npm run worker`: takes restream sessions from the database and pushes them. Any number of workers may
 * run, on any machine that reaches the database. SIGTERM or Ctrl-C gives the sessions back and ends; a second one ends at once.
 */
import { join } from 'node:path';
import { whenNpmIsGone } from '../stack/stop-request.ts';
import { tryLock } from '../stack/supervisor/file-lock.ts';
import { createDriver } from './drivers/create-driver.ts';
import { logEvent, logProblem } from './log.ts';
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
  const drain = (why: string) => {
    if (firstAt !== null) return;
    firstAt = performance.now();
    logEvent(`${why}: giving the sessions back`);
    worker.drain();
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (firstAt !== null && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      drain(signal);
    });
  }
  whenNpmIsGone(() => drain('npm has ended'));
  // A console that has gone away ends no push.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
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
