/** What a worker is told by its environment. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { readDataDir } from '../lib/data-dir.ts';
import { localDatabaseUrl } from '../lib/database-url.ts';
import { readNumber } from '../lib/read-number.ts';
import { readUrl } from '../lib/read-url.ts';
import type { DockerSettings } from './drivers/docker/create.ts';

const ROLE = 'streambed_worker';
const DATABASE_EXAMPLE = 'postgres://user:password@host:5432/database';

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
  readonly docker: Omit<DockerSettings, 'workerId'>;
  /** The worker's own folder. */
  readonly folder: string;
}

function fail(name: string, wanted: string, value: string): never {
  throw new Error(`${name} must be ${wanted}, got "${value}"`);
}

function readDatabase(env: NodeJS.ProcessEnv, name: string): string | null {
  return readUrl(env, name, ['postgres:', 'postgresql:'], DATABASE_EXAMPLE);
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

function readDocker(env: NodeJS.ProcessEnv, driver: Settings['driver']): Settings['docker'] {
  if (driver === 'docker' && !env.WORKER_IMAGE) {
    throw new Error('WORKER_IMAGE must name an image with ffmpeg in it, for WORKER_DRIVER=docker');
  }
  return {
    image: env.WORKER_IMAGE ?? '',
    network: env.WORKER_DOCKER_NETWORK || 'bridge',
    relayHost: env.WORKER_RELAY_HOST || null,
    relayBind: env.WORKER_RELAY_BIND || null,
    memoryMb: readNumber(env, 'WORKER_CONTAINER_MEMORY_MB', 1024, [64, 1_000_000]),
    cpus: readNumber(env, 'WORKER_CONTAINER_CPUS', 2, [1, 1000]),
  };
}

/**
 * Reads `WORKER_DATABASE_URL` (default: the local stack's), `WORKER_LISTEN_URL`, `WORKER_ID` (default: the
 * host's name), `WORKER_LEASE_SECONDS`, `WORKER_RENEW_SECONDS`, `WORKER_POLL_SECONDS`, `WORKER_CAPACITY`,
 * `WORKER_DRIVER`, `WORKER_DATA_DIR`, and for containers `WORKER_IMAGE`, `WORKER_DOCKER_NETWORK`, `WORKER_RELAY_HOST`,
 * `WORKER_RELAY_BIND`, `WORKER_CONTAINER_MEMORY_MB`, `WORKER_CONTAINER_CPUS`.
 * @throws Error naming the variable that is wrong
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const url = readDatabase(env, 'WORKER_DATABASE_URL') ?? localDatabaseUrl(env, ROLE);
  const id = readId(env);
  const leaseSeconds = readNumber(env, 'WORKER_LEASE_SECONDS', 30, [10, 300]);
  const third = Math.max(5, Math.min(10, Math.floor(leaseSeconds / 3)));
  const driver = readDriver(env);
  const dataDir = resolve(env.WORKER_DATA_DIR || join(readDataDir(env), 'workers'));
  return {
    databaseUrl: url,
    listenUrl: readDatabase(env, 'WORKER_LISTEN_URL') ?? url,
    id,
    leaseSeconds,
    renewSeconds: readNumber(env, 'WORKER_RENEW_SECONDS', third, [5, leaseSeconds / 2]),
    pollSeconds: readNumber(env, 'WORKER_POLL_SECONDS', 5, [5, 300]),
    capacity: readNumber(env, 'WORKER_CAPACITY', 4, [1, 1000]),
    driver,
    docker: readDocker(env, driver),
    folder: join(dataDir, id.replaceAll(':', '_')),
  };
}
