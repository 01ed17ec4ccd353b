/** Runs whole SQL files and tells, when one fails, which of its statements did. */
import type { EventEmitter } from 'node:events';
import type pg from 'pg';

/** A client as node-pg-migrate needs it, which remembers what it sent last. */
export interface TrackedClient {
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** The last text sent, and how many of its statements completed. */
  progress(): { text: string; completed: number };
}

/**
 * Wraps a connected client. Postgres gives no position for an error at run time (a broken
 * constraint, a `raise`), but it does report each statement that completes before it.
 */
export function trackProgress(client: pg.Client): TrackedClient {
  const { connection } = client as unknown as { connection: EventEmitter };
  let text = '';
  let completed = 0;
  connection.on('commandComplete', () => {
    completed += 1;
  });
  return {
    query(sql, values) {
      text = sql;
      completed = 0;
      return client.query(sql, values);
    },
    progress: () => ({ text, completed }),
  };
}
