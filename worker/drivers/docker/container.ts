/** What ffmpeg's container may do: read and write its two streams and reach the relays, little else. */

export interface ContainerLimits {
  readonly memoryMb: number;
  readonly cpus: number;
}

export interface ContainerOptions extends ContainerLimits {
  readonly image: string;
  readonly network: string;
  /** The name under which the container finds the worker. */
  readonly relayHost: string;
  readonly workerId: string;
  readonly sessionId: string;
  readonly args: readonly string[];
}

/** The name that Docker Desktop gives to the machine itself; elsewhere it must be asked for. */
export const MACHINE = 'host.docker.internal';

export const WORKER_LABEL = 'streambed.worker';
export const SESSION_LABEL = 'streambed.session';

const NOBODY = '65534:65534';
const MEGABYTE = 1024 * 1024;

/** The body of `POST /containers/create`. */
export function describeContainer(options: ContainerOptions): Record<string, unknown> {
  const { image, network, relayHost, workerId, sessionId, args, memoryMb, cpus } = options;
  return {
    Image: image,
    Entrypoint: ['ffmpeg'],
    Cmd: args,
    Env: ['AV_LOG_FORCE_NOCOLOR=1'],
    User: NOBODY,
    Labels: { [WORKER_LABEL]: workerId, [SESSION_LABEL]: sessionId },
    StopSignal: 'SIGINT',
    HostConfig: {
      AutoRemove: false,
      NetworkMode: network,
      ...(relayHost === MACHINE && { ExtraHosts: [`${MACHINE}:host-gateway`] }),
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: memoryMb * MEGABYTE,
      MemorySwap: memoryMb * MEGABYTE,
      NanoCpus: cpus * 1e9,
      PidsLimit: 256,
      LogConfig: { Type: 'none' },
    },
  };
}
