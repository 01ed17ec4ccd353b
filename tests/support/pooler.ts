/** A real PgBouncer in transaction mode in front of a test server, as hosted projects have one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findOnPath } from '../../lib/find-on-path.ts';
import { HOST } from '../../lib/host.ts';
import { acceptsConnections } from '../../lib/probes.ts';
import { waitUntil } from '../../lib/wait.ts';
import { postgresOsUser } from '../../stack/postgres/os-user.ts';
import { freePort } from './free-port.ts';

/** Few, so that many clients must share them, in turn, transaction by transaction. */
const SERVER_CONNECTIONS = 2;

export interface Pooler {
  readonly port: number;
  stop(): Promise<void>;
}

function findProgram(): string {
  const program = findOnPath(['pgbouncer'], `${process.env.PATH}${delimiter}/usr/sbin`);
  if (program) return program;
  throw new Error(
    'This test needs pgbouncer: apt-get install pgbouncer, or brew install pgbouncer.',
  );
}

function writeSettings(folder: string, port: number, serverPort: number, roles: readonly string[]) {
  const users = join(folder, 'users.txt');
  writeFileSync(users, roles.map((role) => `"${role}" "${role}"\n`).join(''));
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
* = host=${HOST} port=${serverPort}
[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
ignore_startup_parameters = extra_float_digits
`,
  );
  chmodSync(folder, 0o755);
  return settings;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

/**
 * Starts a pooler.
 * @param serverPort the server behind it
 * @param roles who logs in; as everywhere in the tests a role's name is its password
 */
export async function startPooler(serverPort: number, roles: readonly string[]): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-pooler-'));
  const port = await freePort();
  const settings = writeSettings(folder, port, serverPort, roles);
  const child = spawn(findProgram(), ['--quiet', settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...postgresOsUser(),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const isUp = () => acceptsConnections(HOST, port);
  if (!(await waitUntil(isUp, { timeoutMs: 60_000, intervalMs: 50 }))) {
    await end(child);
    throw new Error(`pgbouncer does not start:\n${said}`);
  }
  return {
    port,
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
