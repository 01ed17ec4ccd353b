import { parseArgs } from 'node:util';
import { positive } from '../support/positive.ts';

export interface Options {
  /** A superuser's URL of the server to measure on; without it one is started. */
  readonly server: string | undefined;
  /** Where message-db is installed. */
  readonly messageDb: string | undefined;
  readonly stored: number;
  readonly baseline: number;
  readonly turns: number;
  readonly seconds: number;
}

/** Reads the command line and `MESSAGE_DB_URL`. Throws an `Error` that names the option that is wrong. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv = process.env): Options {
  const { values } = parseArgs({
    args,
    options: {
      server: { type: 'string' },
      'message-db': { type: 'string' },
      stored: { type: 'string', default: '10000000' },
      baseline: { type: 'string', default: '100000' },
      turns: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
    },
  });
  const stored = positive('stored', values.stored);
  const baseline = positive('baseline', values.baseline);
  if (stored <= baseline) {
    throw new Error(`--stored must be above --baseline (${baseline}), got ${stored}.`);
  }
  return {
    server: values.server,
    messageDb: values['message-db'] ?? env.MESSAGE_DB_URL,
    stored,
    baseline,
    turns: positive('turns', values.turns),
    seconds: positive('seconds', values.seconds),
  };
}
