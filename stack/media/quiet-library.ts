import logger from 'node-media-server/src/core/logger.js';
import { logProblem } from '../../lib/log.ts';

/** Keeps node-media-server's own lines to warnings and errors. */
export function quietLibrary(): void {
  logger.log = (message, level) => {
    if (level === 'warn' || level === 'error') logProblem(message);
  };
}
