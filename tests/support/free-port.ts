/** A TCP port of this machine that nothing listens on, and that no other test is given. */
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock } from '../../lib/file-lock.ts';
import { isPortFree } from '../../lib/port-state.ts';

/** Above the stacks' ports (port-base.ts), below what the system gives to outgoing connections. */
const FIRST = 31_100;
const CANDIDATES = 1_600;

/** Claims a port for as long as this process lives. */
export async function freePort(): Promise<number> {
  const start = randomInt(CANDIDATES);
  for (let candidate = 0; candidate < CANDIDATES; candidate += 1) {
    const port = FIRST + ((start + candidate) % CANDIDATES);
    const lock = tryLock(join(tmpdir(), 'streambed-test-ports', `port-${port}.lock`));
    if (lock && (await isPortFree(port))) return port;
    lock?.release();
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + CANDIDATES}`);
}
