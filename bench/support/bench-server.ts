/** A durable server for one run of a benchmark, and databases on it. */
import { randomBytes } from 'node:crypto';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { bootstrapCluster, bootstrapDatabase } from '../../stack/postgres/bootstrap.ts';
import { asSuperuser, startScratchCluster } from '../../tests/support/scratch-cluster.ts';

/** As a server in use is set, with a checkpoint's work spread beyond a turn. */
const DURABLE = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  autovacuum_naptime: '1min',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
};

export interface BenchDatabase {
  /** As `postgres`, which owns the product's objects. */
  readonly url: string;
  readonly superuserUrl: string;
}

export interface BenchServer {
  readonly url: string;
  createMigrated(purpose: string): Promise<BenchDatabase>;
  /** Copies a database that nobody is connected to. */
  copy(source: BenchDatabase, purpose: string): Promise<BenchDatabase>;
  /** Deletes the databases, and the server if it was started for them. */
  stop(): Promise<void>;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function asOwner(url: string): string {
  const changed = new URL(url);
  changed.username = 'postgres';
  changed.password = 'postgres';
  return changed.href;
}

/**
 * Uses a running server, or starts one.
 *
 * @param givenUrl a superuser's URL of any database of a server that may get the stack's roles
 */
export async function openServer(givenUrl?: string): Promise<BenchServer> {
  const cluster = givenUrl ? undefined : await startScratchCluster({ settings: DURABLE });
  const url = givenUrl ?? (cluster?.url('supabase_admin') as string);
  if (givenUrl) await bootstrapCluster(givenUrl);
  const run = randomBytes(3).toString('hex');
  const names: string[] = [];
  const create = async (purpose: string, options: string): Promise<BenchDatabase> => {
    const name = `streambed_bench_${run}_${purpose}`;
    await asSuperuser(url, `create database ${name} owner postgres ${options}`);
    names.push(name);
    const superuserUrl = withDatabase(url, name);
    return { superuserUrl, url: asOwner(superuserUrl) };
  };
  return {
    url,
    async createMigrated(purpose) {
      const database = await create(purpose, '');
      await bootstrapDatabase(database.superuserUrl);
      await migrateUp({ url: database.url });
      return database;
    },
    copy: (source, purpose) =>
      create(purpose, `template ${new URL(source.url).pathname.slice(1)} strategy file_copy`),
    async stop() {
      for (const name of names) await asSuperuser(url, `drop database ${name} with (force)`);
      await cluster?.stop();
    },
  };
}
