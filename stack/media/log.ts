/** One line an event; stream keys, tokens and the hook's secret never get here. */
import logger from 'node-media-server/src/core/logger.js';

/** Writes what happened. */
export function logEvent(line: string): void {
  console.log(line);
}

/** Writes what somebody should look at. */
export function logProblem(line: string): void {
  console.error(line);
}

/** Keeps node-media-server's own lines to warnings and errors. */
export function quietLibrary(): void {
  logger.log = (message, level) => {
    if (level === 'warn' || level === 'error') logProblem(message);
  };
}
