/**
 * Where the local stack listens and keeps its data, derived from the environment and the keys alone, so that
 * every process of the stack, every script and every test computes the same answer.
 */
import { readDataDir } from '../lib/data-dir.ts';
import { databaseUrl } from '../lib/database-url.ts';
import { HOST } from '../lib/host.ts';
import { type PortName, readPorts } from '../lib/local-ports.ts';
import { readNetworks } from '../lib/read-networks.ts';
import { readNumber } from '../lib/read-number.ts';
import { readUrl } from '../lib/read-url.ts';
import { redisPassword } from './keys.ts';

const REDIS_PROTOCOLS = ['redis:', 'rediss:'];
const REDIS_EXAMPLE = 'redis://:password@host:6379 (or rediss:// for TLS)';

export interface StackConfig {
  /** Absolute path of the folder that holds every byte of state. */
  readonly dataDir: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly apiUrl: string;
  /** The database as `postgres`, the role that owns the product's objects. */
  readonly dbUrl: string;
  /** With its password; the keys are made where there are none. */
  readonly redisUrl: string;
  /** True when `REDIS_URL` names a server that is not ours to start. */
  readonly redisIsExternal: boolean;
  readonly functionsUrl: string;
  readonly realtimeUrl: string;
  readonly rtmpUrl: string;
  readonly mediaUrl: string;
  /** What the gateway takes of one request's body, files aside. */
  readonly maxBodyBytes: number;
  /** Networks of proxies whose word about a client's address the gateway takes. */
  readonly trustedProxies: readonly string[];
  /** How many restream workers to start. */
  readonly workers: number;
  /** How many connections to Realtime one address may have at a time. */
  readonly realtimeConnections: number;
}

/**
 * Reads `STREAMBED_DATA_DIR` (default `.streambed`), `STREAMBED_PORT_BASE`, `STREAMBED_PORT_<NAME>`
 * (API, DB, FUNCTIONS, REDIS, REALTIME, RTMP, MEDIA), `STREAMBED_MAX_BODY_MB`, `STREAMBED_TRUSTED_PROXIES`,
 * `STREAMBED_WORKERS`, `STREAMBED_REALTIME_CONNECTIONS` and `REDIS_URL`. Throws an `Error` naming the variable that
 * does not parse.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): StackConfig {
  const ports = readPorts(env);
  const dataDir = readDataDir(env);
  const externalRedis = readUrl(env, 'REDIS_URL', REDIS_PROTOCOLS, REDIS_EXAMPLE);
  return {
    dataDir,
    ports,
    apiUrl: `http://${HOST}:${ports.api}`,
    dbUrl: databaseUrl(ports.db, 'postgres'),
    get redisUrl() {
      return externalRedis ?? `redis://:${redisPassword(dataDir)}@${HOST}:${ports.redis}`;
    },
    redisIsExternal: externalRedis !== null,
    functionsUrl: `http://${HOST}:${ports.functions}`,
    realtimeUrl: `http://${HOST}:${ports.realtime}`,
    rtmpUrl: `rtmp://${HOST}:${ports.rtmp}/live`,
    mediaUrl: `http://${HOST}:${ports.media}`,
    maxBodyBytes: readNumber(env, 'STREAMBED_MAX_BODY_MB', 10, [1, 100]) * 1024 * 1024,
    trustedProxies: readNetworks(env, 'STREAMBED_TRUSTED_PROXIES'),
    workers: readNumber(env, 'STREAMBED_WORKERS', 1, [0, 9]),
    realtimeConnections: readNumber(env, 'STREAMBED_REALTIME_CONNECTIONS', 200, [1, 1_000_000]),
  };
}
