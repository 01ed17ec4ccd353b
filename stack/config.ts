/**
 * Where the local stack listens and keeps its data, derived from the environment alone, so that
 * every process of the stack, every script and every test computes the same answer.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Everything listens on loopback only. */
export const HOST = '127.0.0.1';

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

export type PortName = keyof typeof PORTS;

export interface StackConfig {
  /** Absolute path of the folder that holds every byte of state. */
  readonly dataDir: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly apiUrl: string;
  /** The database as `postgres`, the role that owns the product's objects. */
  readonly dbUrl: string;
  readonly redisUrl: string;
  /** True when `REDIS_URL` names a server that is not ours to start. */
  readonly redisIsExternal: boolean;
  readonly functionsUrl: string;
  readonly realtimeUrl: string;
  readonly rtmpUrl: string;
  readonly mediaUrl: string;
  /** How many restream workers to start. */
  readonly workers: number;
}

function parsePort(variable: string, value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`${variable} must be a port number from 1 to 65535, got "${value}"`);
  }
  return port;
}

function portOf(name: PortName, env: NodeJS.ProcessEnv): number {
  const variable = `STREAMBED_PORT_${name.toUpperCase()}`;
  const own = env[variable];
  if (own) return parsePort(variable, own);
  const base = env.STREAMBED_PORT_BASE;
  if (!base) return PORTS[name].default;
  return parsePort('STREAMBED_PORT_BASE', base) + PORTS[name].offset;
}

/** The server that `REDIS_URL` names, if any; what does not parse is not repeated, as it may hold a password. */
function externalRedis(env: NodeJS.ProcessEnv): string | null {
  const url = env.REDIS_URL;
  if (!url) return null;
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return url;
  throw new Error('REDIS_URL must look like redis://:password@host:6379 (or rediss:// for TLS)');
}

function workerCount(env: NodeJS.ProcessEnv): number {
  const given = env.STREAMBED_WORKERS || '1';
  if (/^\d$/.test(given)) return Number(given);
  throw new Error(`STREAMBED_WORKERS must be a number from 0 to 9, got "${given}"`);
}

/** The database's URL for one role; local passwords equal the role's name. */
export function databaseUrl(port: number, role: string, database = 'postgres'): string {
  return `postgres://${role}:${role}@${HOST}:${port}/${database}`;
}

/**
 * Reads `STREAMBED_DATA_DIR` (default `.streambed`), `STREAMBED_PORT_BASE`, `STREAMBED_PORT_<NAME>`
 * (API, DB, FUNCTIONS, REDIS, REALTIME, RTMP, MEDIA), `STREAMBED_WORKERS` and `REDIS_URL`. Throws an `Error` naming the variable
 * that does not parse.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): StackConfig {
  const names = Object.keys(PORTS) as PortName[];
  const ports = Object.fromEntries(names.map((name) => [name, portOf(name, env)])) as Record<
    PortName,
    number
  >;
  const redisUrl = externalRedis(env);
  return {
    dataDir: resolve(env.STREAMBED_DATA_DIR ?? join(ROOT, '.streambed')),
    ports,
    apiUrl: `http://${HOST}:${ports.api}`,
    dbUrl: databaseUrl(ports.db, 'postgres'),
    redisUrl: redisUrl ?? `redis://${HOST}:${ports.redis}`,
    redisIsExternal: redisUrl !== null,
    functionsUrl: `http://${HOST}:${ports.functions}`,
    realtimeUrl: `http://${HOST}:${ports.realtime}`,
    rtmpUrl: `rtmp://${HOST}:${ports.rtmp}/live`,
    mediaUrl: `http://${HOST}:${ports.media}`,
    workers: workerCount(env),
  };
}
