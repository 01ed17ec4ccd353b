/** The state of the stack: what its supervisor wrote, and what each service answers right now. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { answersPing, inTime } from '../../lib/probes.ts';
import { isAlive } from '../../lib/process-identity.ts';
import type { StackConfig } from '../config.ts';
import { loadKeys } from '../keys.ts';
import { servicesInStages } from '../services.ts';
import { type RunState, readLiveState } from '../supervisor/run-state.ts';
import type { Service } from '../supervisor/service.ts';

export interface ServiceStatus {
  readonly name: string;
  readonly ready: boolean;
  /** Null when it does not run, and for a Redis that is not ours. */
  readonly pid: number | null;
  /** How often it died and was started again. */
  readonly restarts: number;
}

/** What `npm run status -- --json` prints. */
export interface StackStatus {
  readonly ready: boolean;
  readonly api_url: string;
  /** Null before the first start, which makes the keys. */
  readonly publishable_key: string | null;
  readonly secret_key: string | null;
  readonly db_url: string;
  /** Null before the first start, unless the server is not ours. */
  readonly redis_url: string | null;
  readonly rtmp_url: string;
  readonly media_url: string;
  readonly services: readonly ServiceStatus[];
}

async function statusOf(service: Service, state: RunState | null): Promise<ServiceStatus> {
  const { name } = service;
  const known = state?.services.find((one) => one.name === name);
  const process = known?.process ?? null;
  if (!isAlive(process)) return { name, ready: false, pid: null, restarts: known?.restarts ?? 0 };
  const ready = await inTime(service.probe);
  return { name, ready, pid: process.pid, restarts: known?.restarts ?? 0 };
}

async function externalRedis(config: StackConfig): Promise<ServiceStatus[]> {
  if (!config.redisIsExternal) return [];
  return [{ name: 'redis', ready: await answersPing(config.redisUrl), pid: null, restarts: 0 }];
}

/** The addresses and keys of a stack with this configuration. */
export function addressesOf(config: StackConfig) {
  const hasKeys = existsSync(join(config.dataDir, 'keys.json'));
  const keys = hasKeys ? loadKeys(config.dataDir) : null;
  return {
    api_url: config.apiUrl,
    publishable_key: keys?.publishable ?? null,
    secret_key: keys?.secret ?? null,
    db_url: config.dbUrl,
    redis_url: keys || config.redisIsExternal ? config.redisUrl : null,
    rtmp_url: config.rtmpUrl,
    media_url: config.mediaUrl,
  };
}

/**
 * Reads the state of the stack on this data folder. It is ready when its supervisor lives, has
 * finished starting, and every service answers.
 *
 * @param config where to look; the addresses are those of the running stack, if there is one
 */
export async function readStatus(config: StackConfig): Promise<StackStatus> {
  const state = readLiveState(config.dataDir);
  const actual = state?.config ?? config;
  const own = servicesInStages(actual).flat();
  const services = [
    ...(await Promise.all(own.map((service) => statusOf(service, state)))),
    ...(await externalRedis(actual)),
  ];
  const ready = state?.phase === 'running' && services.every((service) => service.ready);
  return { ready, ...addressesOf(actual), services };
}
