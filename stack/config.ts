/**
 * Where the local stack listens and keeps its data, derived from the environment alone, so that
 * every process of the stack, every script and every test computes the same answer.
 */
import { readDataDir } from '../lib/data-dir.ts';
import { databaseUrl } from '../lib/database-url.ts';
import { HOST } from '../lib/host.ts';
import { type PortName, readPorts } from '../lib/local-ports.ts';
import { readNetworks } from '../lib/read-networks.ts';
import { readNumber } from '../lib/read-number.ts';
import { readUrl } from '../lib/read-url.ts';

const REDIS_PROTOCOLS = ['redis:', 'rediss:'];
const REDIS_EXAMPLE = 'redis://:password@host:6379 (or rediss:// for TLS)';

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
  /** Networks of proxies whose word about a client's address the gateway takes. */
  readonly trustedProxies: readonly string[];
  /** How many restream workers to start. */
  readonly workers: number;
}

/**
 * Reads `STREAMBED_DATA_DIR` (default `.streambed`), `STREAMBED_PORT_BASE`, `STREAMBED_PORT_<NAME>`
 * (API, DB, FUNCTIONS, REDIS, REALTIME, RTMP, MEDIA), `STREAMBED_TRUSTED_PROXIES`, `STREAMBED_WORKERS` and `REDIS_URL`. Throws an
 * `Error` naming the variable that does not parse.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): StackConfig {
  const ports = readPorts(env);
  const redisUrl = readUrl(env, 'REDIS_URL', REDIS_PROTOCOLS, REDIS_EXAMPLE);
  return {
    dataDir: readDataDir(env),
    ports,
    apiUrl: `http://${HOST}:${ports.api}`,
    dbUrl: databaseUrl(ports.db, 'postgres'),
    redisUrl: redisUrl ?? `redis://${HOST}:${ports.redis}`,
    redisIsExternal: redisUrl !== null,
    functionsUrl: `http://${HOST}:${ports.functions}`,
    realtimeUrl: `http://${HOST}:${ports.realtime}`,
    rtmpUrl: `rtmp://${HOST}:${ports.rtmp}/live`,
    mediaUrl: `http://${HOST}:${ports.media}`,
    trustedProxies: readNetworks(env, 'STREAMBED_TRUSTED_PROXIES'),
    workers: readNumber(env, 'STREAMBED_WORKERS', 1, [0, 9]),
  };
}
