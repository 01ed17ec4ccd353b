import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './session.ts';

const RETRY_MS = 200;

/**
 * Calls `onChange` at each `notify pgrst`, and after each reconnection, during which one may have
 * been missed.
 *
 * @param open opens a session that calls what it is given for each notification
 * @returns the function that ends it
 */
export function followSchemaChanges(
  open: (onNotify: () => void) => Session,
  onChange: () => void,
): () => Promise<void> {
  let session: Session | undefined;
  let hasEnded = false;
  const follow = async () => {
    while (!hasEnded) {
      session = open(onChange);
      try {
        await session.run('listen pgrst');
        onChange();
        await session.lost;
      } catch {
        // The database is away: try again.
      }
      await session.close();
      await sleep(RETRY_MS);
    }
  };
  void follow();
  return async () => {
    hasEnded = true;
    await session?.close();
  };
}
