import { parseArgs } from 'node:util';
import { positive } from '../support/positive.ts';

export interface Options {
  /** How many watch when many do. */
  readonly viewers: number;
  readonly connections: number;
  readonly turns: number;
  readonly seconds: number;
  /** How long writes are counted, at few viewers and at many. */
  readonly countSeconds: number;
}

/** Reads the command line. Throws an `Error` that names the option that is wrong. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      viewers: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '16' },
      turns: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      'count-seconds': { type: 'string', default: '60' },
    },
  });
  return {
    viewers: positive('viewers', values.viewers),
    connections: positive('connections', values.connections),
    turns: positive('turns', values.turns),
    seconds: positive('seconds', values.seconds),
    countSeconds: positive('count-seconds', values['count-seconds']),
  };
}
