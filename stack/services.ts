/** The services of the stack, in the stages in which they start. */
import { join } from 'node:path';
import { databaseUrl } from '../lib/database-url.ts';
import type { EndingSteps } from '../lib/end-process.ts';
import { HOST } from '../lib/host.ts';
import { acceptsConnections, answersBytes, answersHttp, answersOk } from '../lib/probes.ts';
import type { StackConfig } from './config.ts';
import { functionsService } from './functions.ts';
import { nodeService, silentNodeService } from './node-service.ts';
import { answersQueries, initCluster, postgresCommand } from './postgres/cluster.ts';
import { redisService } from './redis.ts';
import type { Service } from './supervisor/service.ts';

/** `SSLRequest`: a server answers it with a letter, also while it starts or has no room for more sessions. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);

/** A fast shutdown, then an immediate one; either keeps what is committed. */
const POSTGRES_ENDING: EndingSteps = [
  ['SIGINT', 8_000],
  ['SIGQUIT', 3_000],
  ['SIGKILL', 2_000],
];

function postgresService({ dataDir, ports }: StackConfig): Service {
  const options = { dataDir, port: ports.db };
  return {
    name: 'postgres',
    command: async () => {
      await initCluster(options);
      return postgresCommand(options);
    },
    probe: () => answersQueries(options),
    answers: () => answersBytes(HOST, ports.db, SSL_REQUEST),
    ending: POSTGRES_ENDING,
    readyWithinMs: 300_000, // after a crash it reads back what it had not yet written out
    isQuiet: true,
  };
}

function gatewayService({ apiUrl }: StackConfig): Service {
  return nodeService(
    'gateway',
    'stack/gateway/main.ts',
    () => answersOk(`${apiUrl}/health`),
    () => answersHttp(apiUrl),
  );
}

function realtimeService({ realtimeUrl }: StackConfig): Service {
  return nodeService(
    'realtime',
    'stack/realtime/main.ts',
    () => answersOk(`${realtimeUrl}/health`),
    () => answersHttp(realtimeUrl),
  );
}

function mediaService({ ports, mediaUrl }: StackConfig): Service {
  const answers = () => answersHttp(mediaUrl);
  const probe = async () => (await answers()) && (await acceptsConnections(HOST, ports.rtmp));
  return nodeService('media', 'stack/media/main.ts', probe, answers);
}

function schedulerService({ dataDir }: StackConfig): Service {
  return silentNodeService('scheduler', 'stack/scheduler.ts', dataDir);
}

/** Pushes restreams. */
function workerService({ dataDir, ports }: StackConfig, index: number): Service {
  const name = index === 0 ? 'worker' : `worker-${index + 1}`;
  const env = {
    WORKER_ID: `local-${name}`,
    WORKER_DATA_DIR: join(dataDir, name),
    WORKER_DATABASE_URL: databaseUrl(ports.db, 'streambed_worker'),
    WORKER_LISTEN_URL: '',
  };
  return silentNodeService(name, 'worker/main.ts', dataDir, env);
}

/**
 * What starts together, and after what: each stage needs the one before it. Without a `redis` when
 * `REDIS_URL` names a server that is not ours.
 */
export function servicesInStages(config: StackConfig): Service[][] {
  const redis = config.redisIsExternal ? [] : [redisService(config)];
  const workers = Array.from({ length: config.workers }, (_, index) =>
    workerService(config, index),
  );
  return [
    [postgresService(config), ...redis],
    [gatewayService(config), functionsService(config), realtimeService(config)],
    [mediaService(config), schedulerService(config), ...workers],
  ];
}
