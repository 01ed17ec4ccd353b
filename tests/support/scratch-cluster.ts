/** Throw-away database servers in a temporary folder, bootstrapped like the stack's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { databaseUrl } from '../../lib/database-url.ts';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { bootstrapCluster, bootstrapDatabase } from '../../stack/postgres/bootstrap.ts';
import { type ClusterOptions, startCluster } from '../../stack/postgres/cluster.ts';
import { freePort } from './free-port.ts';

/** Nothing of a scratch cluster is worth keeping, so it need not wait for the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  jit: 'off',
  autovacuum_naptime: '1h',
};

export interface ScratchCluster {
  readonly port: number;
  /** A URL of one of its databases. */
  url(role: string, database?: string): string;
  /** Creates an empty database that belongs to `postgres`, with Supabase's schemas. */
  createBootstrapped(name: string): Promise<void>;
  /** Creates a migrated database. */
  createMigrated(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs statements as the superuser, each by itself. */
export async function asSuperuser(url: string, ...statements: string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    for (const statement of statements) await sql.unsafe(statement).simple();
  } finally {
    await sql.end();
  }
}

/**
 * Starts a server with the stack's roles on a free port.
 *
 * @param server which server (the embedded 17 by default), and settings of its own
 */
export async function startScratchCluster(
  server: Pick<ClusterOptions, 'packageName' | 'binDir' | 'settings'> = {},
): Promise<ScratchCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'streambed-cluster-'));
  const port = await freePort();
  const running = await startCluster({
    ...server,
    dataDir,
    port,
    settings: { ...SETTINGS, ...server.settings },
  });
  const url = (role: string, database = 'postgres') => databaseUrl(port, role, database);
  const stop = async () => {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const createBootstrapped = async (name: string) => {
    await asSuperuser(url('supabase_admin'), `create database ${name} owner postgres`);
    await bootstrapDatabase(url('supabase_admin', name));
  };
  try {
    await bootstrapCluster(url('supabase_admin'));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    url,
    createBootstrapped,
    async createMigrated(name) {
      await createBootstrapped(name);
      await migrateUp({ url: url('postgres', name) });
    },
    stop,
  };
}
