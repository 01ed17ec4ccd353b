import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClusterOptions, clusterDir, programs, SUPERUSER } from './cluster-options.ts';
import { postgresOsUser } from './os-user.ts';
import { type Command, runAs } from './reach.ts';

function initdbCommand(options: ClusterOptions, target: string, passwordFile: string): Command {
  const initdb = join(programs(options), 'initdb');
  const args = [
    `--pgdata=${target}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=icu',
    '--icu-locale=en-US',
  ];
  return runAs(postgresOsUser(), initdb, args, [initdb, target]);
}

async function run({ command, args, ...user }: Command): Promise<void> {
  try {
    await promisify(execFile)(command, args, user);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`PostgreSQL could not create its data folder: ${stderr?.trim() || message}`);
  }
}

/**
 * Creates the cluster's folder: in a draft that is renamed when complete, so that a killed one leaves
 * nothing.
 *
 * Throws an `Error` with what `initdb` said.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  mkdirSync(options.dataDir, { recursive: true });
  const draft = join(options.dataDir, 'postgres.new');
  const scratch = await mkdtemp(join(tmpdir(), 'initdb-'));
  const passwordFile = join(scratch, 'password');
  try {
    const initdb = initdbCommand(options, draft, passwordFile);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    await writeFile(passwordFile, SUPERUSER, { mode: 0o600 });
    const user = postgresOsUser();
    if (user)
      for (const path of [passwordFile, scratch, draft]) chownSync(path, user.uid, user.gid);
    await run(initdb);
    renameSync(draft, clusterDir(options.dataDir));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
