/**
 * A lock that the operating system gives back when its holder dies, however it dies. Node has no
 * `flock` of its own; SQLite's exclusive transaction is one.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { waitFor } from './wait.ts';

const SQLITE_BUSY = 5;

/** Keeps the garbage collector, which would close a database, from giving a lock back. */
const held = new Set<DatabaseSync>();

export interface FileLock {
  release(): void;
}

/**
 * Takes the lock on `file` (created when missing, never to be deleted while in use) until it is
 * released or this process ends.
 * @returns the lock, or null when another process holds it.
 */
export function tryLock(file: string): FileLock | null {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}

/** Waits for the lock; null when its holder has kept it for `timeoutMs`. */
export async function waitForLock(file: string, timeoutMs: number): Promise<FileLock | null> {
  return waitFor(() => tryLock(file), { timeoutMs, intervalMs: 200 });
}
