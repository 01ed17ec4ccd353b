import { isConnectionLost } from './database-errors.ts';

/**
 * Keeps the process alive when the database goes away just while the driver asks it for its types on
 * a new session: the driver leaves that rejection to nobody. Whoever waits for the session is told by
 * the session. Any other rejection that nobody handles still ends the process.
 */
export function surviveLostSessions(): void {
  process.on('unhandledRejection', (reason) => {
    if (!isConnectionLost(reason)) throw reason;
  });
}
