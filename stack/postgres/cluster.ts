import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { databaseUrl } from '../../lib/database-url.ts';
import { waitUntil } from '../../lib/wait.ts';
import { type ClusterOptions, clusterDir, programs, SUPERUSER } from './cluster-options.ts';
import { createCluster } from './initdb.ts';
import { endLeftovers } from './leftover.ts';
import { postgresOsUser } from './os-user.ts';
import { type Command, runAs } from './reach.ts';
import { settingArguments } from './settings.ts';

export { type ClusterOptions, clusterDir, SUPERUSER } from './cluster-options.ts';

const START_WITHIN_MS = 30_000;

export interface PostgresCommand extends Command {
  /** Ends open connections and shuts down cleanly; SIGTERM would wait for the clients to leave. */
  readonly stopSignal: 'SIGINT';
}

export interface RunningCluster {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

async function assertSameMajor(options: ClusterOptions): Promise<void> {
  const found = (await readFile(join(clusterDir(options.dataDir), 'PG_VERSION'), 'utf8')).trim();
  const server = join(programs(options), 'postgres');
  const { stdout } = await promisify(execFile)(server, ['--version']);
  const major = /(\d+)/.exec(stdout)?.[1];
  if (found === major) return;
  throw new Error(
    `${clusterDir(options.dataDir)} was made by PostgreSQL ${found}, and this is ${major}. ` +
      'Start over with "npm start -- --reset", or choose another STREAMBED_DATA_DIR.',
  );
}

/**
 * Makes the cluster ready to be started: creates it at the first call, and ends what an earlier run
 * left behind on it (a server that still runs, a stale lock file). Call it before each start.
 *
 * Throws an `Error` when the folder cannot be used or was made by another major version.
 */
export async function initCluster(options: ClusterOptions): Promise<void> {
  if (!existsSync(join(clusterDir(options.dataDir), 'PG_VERSION'))) {
    await createCluster(options);
    return;
  }
  await assertSameMajor(options);
  await endLeftovers(clusterDir(options.dataDir));
}

/** The server's command line, for a supervisor to spawn after `initCluster`. */
export function postgresCommand(options: ClusterOptions): PostgresCommand {
  const server = join(programs(options), 'postgres');
  const folder = clusterDir(options.dataDir);
  const args = ['-D', folder, ...settingArguments(options.port, options.settings)];
  return { ...runAs(postgresOsUser(), server, args, [server, folder]), stopSignal: 'SIGINT' };
}

/**
 * True when this cluster's server answers queries; false while it starts or is down, or when
 * another server has its port.
 */
export async function answersQueries({ dataDir, port }: ClusterOptions): Promise<boolean> {
  const sql = postgres(databaseUrl(port, SUPERUSER), { max: 1, connect_timeout: 2, onnotice() {} });
  try {
    const [row] = await sql`select current_setting('data_directory') as folder`;
    return row?.folder === clusterDir(dataDir);
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/**
 * Creates the cluster if need be, starts it and waits until it answers; its log is
 * `<dataDir>/logs/postgres.log`. For tests and tools: the stack's supervisor owns its own server.
 *
 * Throws an `Error` with the end of the log when the server does not come up within 30 s.
 */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  await initCluster(options);
  const logFile = join(options.dataDir, 'logs', 'postgres.log');
  mkdirSync(join(options.dataDir, 'logs'), { recursive: true });
  const log = openSync(logFile, 'a');
  const { command, args, stopSignal, ...user } = postgresCommand(options);
  const child = spawn(command, args, { ...user, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(stopSignal);
    await exited;
  };
  const over = new AbortController();
  child.once('exit', () => over.abort());
  const isUp = await waitUntil(() => answersQueries(options), {
    ...{ timeoutMs: START_WITHIN_MS, intervalMs: 25, signal: over.signal },
  });
  if (isUp) return { pid: child.pid as number, port: options.port, stop };
  await stop();
  const tail = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
  throw new Error(`PostgreSQL did not start; the end of ${logFile}:\n${tail}`);
}
