/** Ends a stack from outside of it. */
import { existsSync } from 'node:fs';
import { type EndingSteps, endProcess } from '../../lib/end-process.ts';
import { waitForLock } from '../../lib/file-lock.ts';
import { endLeftovers } from './leftovers.ts';
import { lockFile, readLiveState } from './run-state.ts';

/** Longer than the supervisor takes when each of its services has to be killed. */
const SUPERVISOR_ENDING: EndingSteps = [
  ['SIGTERM', 40_000],
  ['SIGKILL', 2_000],
];
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Ends the stack that runs on this data folder and whatever an earlier one has left running.
 * @returns a sentence that says what was done
 * @throws Error naming the process that does not end
 */
export async function stopRunning(dataDir: string): Promise<string> {
  const state = readLiveState(dataDir);
  if (state && !(await endProcess(state.supervisor, SUPERVISOR_ENDING))) {
    throw new Error(`The stack's pid ${state.supervisor.pid} does not end; end it yourself.`);
  }
  if (!existsSync(lockFile(dataDir))) return 'No stack is running.';
  const lock = await waitForLock(lockFile(dataDir), LOCK_TIMEOUT_MS);
  if (!lock) throw new Error('Another stack has just started on this data folder; run this again.');
  try {
    const ended = await endLeftovers(dataDir);
    if (state) return 'The stack has stopped.';
    if (ended.length === 0) return 'No stack is running.';
    return `No stack was running; ended what an earlier one had left: ${ended.join(', ')}.`;
  } finally {
    lock.release();
  }
}
