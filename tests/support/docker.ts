/** A Docker Engine for tests: this machine's where it has one and the image, else one that stands in. */

import { findFfmpeg } from '../../lib/find-ffmpeg.ts';
import { Engine } from '../../worker/drivers/docker/engine.ts';
import { readEngineAddress } from '../../worker/drivers/docker/engine-address.ts';
import { EngineDouble } from './engine-double.ts';

export interface TestEngine {
  /** For the worker. */
  readonly env: NodeJS.ProcessEnv;
  readonly engine: Engine;
  /** Null where the Engine is a real one. */
  readonly double: EngineDouble | null;
  stop(): void;
}

/** `TEST_DOCKER_IMAGE` names the image with ffmpeg that a real Engine must have. */
async function findReal(): Promise<TestEngine | null> {
  const image = process.env.TEST_DOCKER_IMAGE;
  if (!image) return null;
  const engine = new Engine(readEngineAddress(process.env));
  try {
    await engine.connect();
    await engine.inspectImage(image);
  } catch {
    return null;
  }
  return { engine, double: null, env: { WORKER_DRIVER: 'docker', WORKER_IMAGE: image }, stop() {} };
}

async function startDouble(): Promise<TestEngine> {
  const double = new EngineDouble(findFfmpeg());
  await double.start();
  const engine = new Engine(readEngineAddress({ DOCKER_HOST: double.host }));
  await engine.connect();
  return {
    engine,
    double,
    env: {
      ...{ DOCKER_HOST: double.host, WORKER_DRIVER: 'docker', WORKER_IMAGE: 'ffmpeg:test' },
      ...{ WORKER_RELAY_HOST: '127.0.0.1', WORKER_RELAY_BIND: '127.0.0.1' },
    },
    stop: () => double.stop(),
  };
}

export async function startTestEngine(): Promise<TestEngine> {
  return (await findReal()) ?? (await startDouble());
}
