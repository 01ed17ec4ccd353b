/** A driver for the Docker Engine that the environment names. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { HOST } from '../../../lib/host.ts';
import type { RelayPlace } from '../../relay/target-relay.ts';
import type { Driver } from '../driver.ts';
import { type ContainerLimits, MACHINE } from './container.ts';
import { DockerDriver } from './docker.ts';
import { Engine } from './engine.ts';
import { readEngineAddress } from './engine-address.ts';

export interface DockerSettings extends ContainerLimits {
  readonly workerId: string;
  readonly image: string;
  readonly network: string;
  /** Null for the default. */
  readonly relayHost: string | null;
  readonly relayBind: string | null;
}

/** Whether an address is this machine's; a bridge without containers is in no list of interfaces. */
async function canListen(address: string): Promise<boolean> {
  const server = createServer().listen(0, address);
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * Where containers find the worker: at the gateway of Docker's bridge where that is an address of this
 * machine, else, with Docker Desktop, under the name of the machine, at its loopback.
 */
async function findPlace(
  engine: Engine,
  { relayHost, relayBind }: DockerSettings,
): Promise<RelayPlace> {
  const gateway = relayHost && relayBind ? null : await engine.bridgeGateway();
  const isOwn = gateway !== null && (await canListen(gateway));
  return {
    host: relayHost ?? (isOwn ? gateway : MACHINE),
    bind: relayBind ?? (isOwn ? gateway : HOST),
  };
}

/** @throws Error telling the operator what is missing */
export async function createDockerDriver(
  settings: DockerSettings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Driver> {
  const engine = new Engine(readEngineAddress(env));
  await engine.connect().catch((error: Error) => {
    throw new Error(
      `The Docker Engine does not answer (${error.message}); start it, or set DOCKER_HOST.`,
    );
  });
  return new DockerDriver(engine, { ...settings, place: await findPlace(engine, settings) });
}
