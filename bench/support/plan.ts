/** How long and on how many connections a comparison measures. */
import { parseArgs } from 'node:util';
import { positive } from './positive.ts';

export interface ComparisonPlan {
  readonly connections: readonly number[];
  readonly turns: number;
  /** Of each turn. */
  readonly seconds: number;
}

/**
 * Reads `--connections 1,4,16 --turns 3 --seconds 3`, each with this default.
 *
 * @param args what follows the benchmark's name
 * @throws Error that names the option that is wrong
 */
export function readPlan(args: string[] = process.argv.slice(3)): ComparisonPlan {
  const { values } = parseArgs({
    args,
    options: {
      connections: { type: 'string', default: '1,4,16' },
      turns: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
    },
  });
  return {
    connections: values.connections.split(',').map((count) => positive('connections', count)),
    turns: positive('turns', values.turns),
    seconds: positive('seconds', values.seconds),
  };
}
