/** What a worker is told by its environment. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { databaseUrl, loadConfig } from '../stack/config.ts';

const ROLE = 'streambed_worker';

export interface Settings {
  readonly databaseUrl: string;
  /** Leads past a transaction pooler, for `listen`. */
  readonly listenUrl: string;
  readonly id: string;
  readonly leaseSeconds: number;
  /** How often a lease is renewed. */
  readonly renewSeconds: number;
  /** How often is asked for sessions where notices do not come; where they do, every minute. */
  readonly pollSeconds: number;
  /** How many sessions at a time. */
  readonly capacity: number;
  readonly driver: 'process' | 'docker';
  /** The worker's own folder. */
  readonly folder: string;
}

function fail(name: string, wanted: string, value: string): never {
  throw new Error(`${name} must be ${wanted}, got "${value}"`);
}

function readNumber(
  env: NodeJS.ProcessEnv,
  name: string,
  otherwise: number,
  [min, max]: readonly [number, number],
): number {
  const text = env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return fail(name, `a whole number from ${min} to ${max}`, text);
}

/** A database's URL; what does not parse is not repeated, as it may hold a password. */
function readDatabase(env: NodeJS.ProcessEnv, name: string): string | null {
  const url = env[name];
  if (!url) return null;
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url;
  throw new Error(`${name} must look like postgres://user:password@host:5432/database`);
}

function readId(env: NodeJS.ProcessEnv): string {
  const id = env.WORKER_ID || hostname();
  if (/^[\w.:-]{1,64}$/.test(id)) return id;
  return fail('WORKER_ID', 'up to 64 letters, digits, ".", "_", ":" or "-"', id);
}

function readDriver(env: NodeJS.ProcessEnv): Settings['driver'] {
  const driver = env.WORKER_DRIVER || 'process';
  if (driver === 'process' || driver === 'docker') return driver;
  return fail('WORKER_DRIVER', '"process" or "docker"', driver);
}

/**
 * Reads `WORKER_DATABASE_URL` (default: the local stack's), `WORKER_LISTEN_URL`, `WORKER_ID` (default: the
 * host's name), `WORKER_LEASE_SECONDS`, `WORKER_RENEW_SECONDS`, `WORKER_POLL_SECONDS`, `WORKER_CAPACITY`,
 * `WORKER_DRIVER`, `WORKER_DATA_DIR`.
 * @throws Error naming the variable that is wrong
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const config = loadConfig(env);
  const url = readDatabase(env, 'WORKER_DATABASE_URL') ?? databaseUrl(config.ports.db, ROLE);
  const id = readId(env);
  const leaseSeconds = readNumber(env, 'WORKER_LEASE_SECONDS', 30, [10, 300]);
  const third = Math.max(5, Math.min(10, Math.floor(leaseSeconds / 3)));
  const dataDir = resolve(env.WORKER_DATA_DIR || join(config.dataDir, 'workers'));
  return {
    databaseUrl: url,
    listenUrl: readDatabase(env, 'WORKER_LISTEN_URL') ?? url,
    id,
    leaseSeconds,
    renewSeconds: readNumber(env, 'WORKER_RENEW_SECONDS', third, [5, leaseSeconds / 2]),
    pollSeconds: readNumber(env, 'WORKER_POLL_SECONDS', 5, [5, 300]),
    capacity: readNumber(env, 'WORKER_CAPACITY', 4, [1, 1000]),
    driver: readDriver(env),
    folder: join(dataDir, id.replaceAll(':', '_')),
  };
}
