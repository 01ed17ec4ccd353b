/** Ports for a whole stack that nobody else uses, in this or any other test process. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileLock, tryLock } from '../../lib/file-lock.ts';
import { isPortFree } from '../../lib/port-state.ts';
import { loadConfig } from '../../stack/config.ts';

/**
 * Below what the system gives to outgoing connections, which could take a port at any time, and
 * above 10080, which `fetch` and browsers refuse to call.
 */
const FIRST = 11_000;
const STEP = 100;
const CANDIDATES = 200;

export interface PortBase {
  /** For `STREAMBED_PORT_BASE`. */
  readonly base: number;
  release(): void;
}

async function isFree(base: number): Promise<boolean> {
  const { ports } = loadConfig({ STREAMBED_PORT_BASE: String(base) });
  const free = await Promise.all(Object.values(ports).map(isPortFree));
  return free.every(Boolean);
}

function claim(base: number): FileLock | null {
  return tryLock(join(tmpdir(), 'streambed-test-ports', `${base}.lock`));
}

/** Finds a base all of whose ports are free, and keeps other tests off it until released. */
export async function claimPortBase(): Promise<PortBase> {
  for (let candidate = 0; candidate < CANDIDATES; candidate += 1) {
    const base = FIRST + STEP * candidate;
    const lock = claim(base);
    if (lock && (await isFree(base))) return { base, release: () => lock.release() };
    lock?.release();
  }
  throw new Error(`no free ports for a stack between ${FIRST} and ${FIRST + STEP * CANDIDATES}`);
}
