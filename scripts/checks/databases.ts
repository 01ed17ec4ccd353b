/** Throw-away migrated databases, each started by the first check that needs it. */
import { existsSync } from 'node:fs';
import { type ScratchCluster, startScratchCluster } from '../../tests/support/scratch-cluster.ts';

export interface MigratedDatabase {
  /** As `postgres`, which owns the product's objects. */
  readonly url: string;
  readonly superuserUrl: string;
}

/** Debian's PostgreSQL 15, the one that plpgsql_check is packaged for. */
const DEBIAN_BIN = '/usr/lib/postgresql/15/bin';
const DEBIAN_EXTENSION = '/usr/share/postgresql/15/extension/plpgsql_check.control';

const NAME = 'migrated';

async function migrate(cluster: ScratchCluster): Promise<MigratedDatabase> {
  await cluster.createMigrated(NAME);
  return { url: cluster.url('postgres', NAME), superuserUrl: cluster.url('supabase_admin', NAME) };
}

/** Starts databases on demand and stops them all at the end. */
export class MigratedDatabases {
  private readonly started: Promise<ScratchCluster>[] = [];
  private onEmbedded: Promise<MigratedDatabase> | undefined;
  private onDebian: Promise<MigratedDatabase> | undefined;

  private start(server: { binDir?: string }): Promise<MigratedDatabase> {
    const cluster = startScratchCluster(server);
    this.started.push(cluster);
    return cluster.then(migrate);
  }

  /** On the embedded PostgreSQL 17. */
  embedded(): Promise<MigratedDatabase> {
    this.onEmbedded ??= this.start({});
    return this.onEmbedded;
  }

  /** On Debian's PostgreSQL 15 with plpgsql_check, or undefined where that is not installed. */
  async withPlpgsqlCheck(): Promise<MigratedDatabase | undefined> {
    if (!existsSync(DEBIAN_BIN) || !existsSync(DEBIAN_EXTENSION)) return undefined;
    this.onDebian ??= this.start({ binDir: DEBIAN_BIN });
    return this.onDebian;
  }

  /** Stops every server and deletes its data. */
  async stop(): Promise<void> {
    const clusters = await Promise.allSettled(this.started);
    await Promise.all(
      clusters.map((cluster) =>
        cluster.status === 'fulfilled' ? cluster.value.stop() : undefined,
      ),
    );
  }
}
