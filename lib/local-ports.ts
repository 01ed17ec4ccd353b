/**
 * The ports of the local stack, derived from the environment alone, so that every program and every
 * test computes the same answer.
 */
import { readNumber } from './read-number.ts';

/** Default ports follow the Supabase CLI; `offset` is what `STREAMBED_PORT_BASE` is added to. */
const PORTS = {
  api: { default: 54321, offset: 21 },
  db: { default: 54322, offset: 22 },
  functions: { default: 54330, offset: 30 },
  redis: { default: 54331, offset: 31 },
  realtime: { default: 54332, offset: 32 },
  rtmp: { default: 1935, offset: 35 },
  media: { default: 8000, offset: 80 },
} as const;

const RANGE = [1, 65535] as const;

export type PortName = keyof typeof PORTS;

function readPort(name: PortName, env: NodeJS.ProcessEnv): number {
  const base = readNumber(env, 'STREAMBED_PORT_BASE', 0, RANGE);
  const usual = base ? base + PORTS[name].offset : PORTS[name].default;
  return readNumber(env, `STREAMBED_PORT_${name.toUpperCase()}`, usual, RANGE);
}

/**
 * Reads `STREAMBED_PORT_BASE` and `STREAMBED_PORT_<NAME>` (API, DB, FUNCTIONS, REDIS, REALTIME, RTMP, MEDIA).
 * @throws Error naming the variable that is no port
 */
export function readPorts(env: NodeJS.ProcessEnv): Readonly<Record<PortName, number>> {
  const names = Object.keys(PORTS) as PortName[];
  const ports = names.map((name) => [name, readPort(name, env)]);
  return Object.fromEntries(ports) as Record<PortName, number>;
}
