/** The one connection of this process to Redis. A request never waits for Redis longer than a second. */
import { createClient, createCluster } from 'redis';
import { SCRIPTS } from './viewers/scripts.ts';

const CONNECT_WITHIN_MS = 1_000;
const ANSWER_WITHIN_MS = 500;
const LONGEST_PAUSE_MS = 2_000;

/** How each connection behaves, alone or one of a cluster's. */
const CONNECTION = {
  // While it is away a command fails at once instead of waiting in a queue.
  disableOfflineQueue: true,
  commandOptions: { timeout: ANSWER_WITHIN_MS },
  socket: {
    connectTimeout: CONNECT_WITHIN_MS,
    reconnectStrategy: (attempts: number) => Math.min(100 * 2 ** attempts, LONGEST_PAUSE_MS),
  },
} as const;

function createSingle(url: string) {
  const client = createClient({ ...CONNECTION, url, scripts: SCRIPTS });
  client.on('error', () => {}); // each command says so itself
  return client;
}

export type Redis = ReturnType<typeof createSingle>;

/** `REDIS_CLUSTER=1`: the server that `REDIS_URL` names is one node of a cluster. */
function createClustered(url: string): Redis {
  const cluster = createCluster({ rootNodes: [{ url }], defaults: CONNECTION, scripts: SCRIPTS });
  cluster.on('error', () => {});
  return cluster as unknown as Redis; // the commands that are used here are the same
}

let connecting: { client: Redis; ready: Promise<unknown> } | undefined;

function connect(): NonNullable<typeof connecting> {
  const url = Deno.env.get('REDIS_URL');
  if (!url) throw new Error('REDIS_URL is not set, so viewers are not counted.');
  const client = Deno.env.get('REDIS_CLUSTER') === '1' ? createClustered(url) : createSingle(url);
  const ready = client.connect();
  ready.catch(() => {});
  return { client, ready };
}

/**
 * The client, connected for the first time or trying to be again.
 * @throws Error when Redis has not answered within a second, or no `REDIS_URL` is set
 */
export async function redis(): Promise<Redis> {
  connecting ??= connect();
  const { client, ready } = connecting;
  if (client.isReady) return client;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Redis does not answer.')), CONNECT_WITHIN_MS);
  try {
    await Promise.race([ready, late]);
    return client;
  } finally {
    clearTimeout(timer);
  }
}
