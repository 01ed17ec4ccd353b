import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';

const RETRY_MS = 1_000;

/**
 * Calls `onChange` at each `notify pgrst`, and after each reconnection, during which one may have
 * been missed. Returns the function that ends it.
 */
export function followSchemaChanges(sql: postgres.Sql, onChange: () => void): () => void {
  let ended = false;
  const listen = async () => {
    while (!ended) {
      try {
        await sql.listen('pgrst', onChange, onChange);
        return;
      } catch {
        await sleep(RETRY_MS);
      }
    }
  };
  void listen();
  return () => {
    ended = true;
  };
}
