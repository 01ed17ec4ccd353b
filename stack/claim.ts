/** One stack per data folder. */
import { type FileLock, tryLock } from '../lib/file-lock.ts';
import { waitFor } from '../lib/wait.ts';
import { lockFile, type RunState, readLiveState } from './supervisor/run-state.ts';

/** A stack that has just begun holds the lock a moment before it says who it is. */
const HESITATION_MS = 3_000;

/**
 * Claims the data folder for this process.
 * @returns the lock, or the state of the stack that has it
 * @throws Error when something that is no running stack keeps the lock
 */
export async function claimDataDir(dataDir: string): Promise<FileLock | RunState> {
  const claim = await waitFor(() => tryLock(lockFile(dataDir)) ?? readLiveState(dataDir), {
    timeoutMs: HESITATION_MS,
  });
  if (claim) return claim;
  throw new Error(`Another command is at work on ${dataDir}; try again when it has finished.`);
}
