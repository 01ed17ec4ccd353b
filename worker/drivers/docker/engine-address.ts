/** Where the Docker Engine is, as Docker's own tools are told. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const DEFAULT_HOST = 'unix:///var/run/docker.sock';
const PORTS = { plain: 2375, tls: 2376 };

export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls: TlsFiles | null };

function readTls(folder: string): TlsFiles {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      throw new Error(`DOCKER_TLS_VERIFY is set, but ${join(folder, name)} cannot be read.`);
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

/**
 * Reads `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`.
 * @throws Error naming the variable that is wrong
 */
export function readEngineAddress(env: NodeJS.ProcessEnv): EngineAddress {
  const host = env.DOCKER_HOST || DEFAULT_HOST;
  const socketPath = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socketPath) return { socketPath };
  const [, name, port] = /^tcp:\/\/([^:/]+|\[[0-9a-f:]+\])(?::(\d+))?\/?$/.exec(host) ?? [];
  if (!name) {
    throw new Error(`DOCKER_HOST must look like ${DEFAULT_HOST} or tcp://host:2376, got "${host}"`);
  }
  const folder = env.DOCKER_CERT_PATH || join(homedir(), '.docker');
  const tls = env.DOCKER_TLS_VERIFY ? readTls(folder) : null;
  return {
    host: name.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port ?? (tls ? PORTS.tls : PORTS.plain)),
    tls,
  };
}
