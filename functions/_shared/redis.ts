/** The one connection of this process to Redis. No request waits for Redis longer than it said it would. */
import { createClient, createCluster } from 'redis';

const ANSWER_WITHIN_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

/** How each connection behaves, alone or one of a cluster's. */
const CONNECTION = {
  // While it is away a command fails at once instead of waiting in a queue.
  disableOfflineQueue: true,
  commandsQueueMaxLength: 50_000,
  // askRedis has a time-out around all of it; the client's own, a signal a command, costs more than the command.
  commandOptions: { timeout: 0 },
  // A server that hangs is noticed by its silence, an idle connection is kept by the pings.
  pingInterval: 1_000,
  socket: {
    connectTimeout: 1_000,
    socketTimeout: 4_000,
    reconnectStrategy: (attempts: number) => Math.min(100 * 2 ** attempts, LONGEST_PAUSE_MS),
  },
} as const;

function createSingle(url: string) {
  const client = createClient({ ...CONNECTION, url });
  client.on('error', () => {}); // each command says so itself
  return client;
}

export type Redis = ReturnType<typeof createSingle>;

/** `REDIS_CLUSTER=1`: the server that `REDIS_URL` names is one node of a cluster. */
function createClustered(url: string): Redis {
  const cluster = createCluster({ rootNodes: [{ url }], defaults: CONNECTION });
  cluster.on('error', () => {});
  return cluster as unknown as Redis; // the commands that are used here are the same
}

let connecting: { client: Redis; ready: Promise<unknown> } | undefined;

function connect(): NonNullable<typeof connecting> {
  const url = Deno.env.get('REDIS_URL');
  if (!url) throw new Error('REDIS_URL is not set.');
  const client = Deno.env.get('REDIS_CLUSTER') === '1' ? createClustered(url) : createSingle(url);
  const ready = client.connect();
  ready.catch(() => {});
  return { client, ready };
}

async function whenReady(): Promise<Redis> {
  connecting ??= connect();
  const { client, ready } = connecting;
  if (!client.isReady) await ready;
  return client;
}

/**
 * Asks Redis, connecting at the first time.
 *
 * @param work what to ask
 * @param withinMs how long to wait for all of it; the client's own time-outs end with the sending
 * @throws Error when Redis has not answered in time or cannot be reached, or no `REDIS_URL` is set
 */
export async function askRedis<Answer>(
  work: (client: Redis) => Promise<Answer>,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Redis does not answer.')), withinMs);
  const answered = whenReady().then(work);
  answered.catch(() => {}); // after the time-out nobody waits for it any more
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
