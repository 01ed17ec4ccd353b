/** Throw-away migrated databases, each started by the first check that needs it. */
import { existsSync, readdirSync } from 'node:fs';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { type ScratchCluster, startScratchCluster } from '../../tests/support/scratch-cluster.ts';
import { type Definition, readCatalogue } from '../catalogue/catalogue.ts';

export interface MigratedDatabase {
  /** As `postgres`, which owns the product's objects. */
  readonly url: string;
  readonly superuserUrl: string;
  /** Its catalogue before the first migration. */
  readonly before: readonly Definition[];
}

/** Where Debian puts servers and what extends them, a folder per major version. */
const SERVERS = '/usr/lib/postgresql';
const EXTENSIONS = '/usr/share/postgresql';

/** The program folder of an installed server that has plpgsql_check; the embedded ones have not. */
function findPlpgsqlCheck(): string | undefined {
  if (!existsSync(SERVERS)) return undefined;
  const major = readdirSync(SERVERS)
    .filter((version) => Number(version) >= 15)
    .sort()
    .find((version) => existsSync(`${EXTENSIONS}/${version}/extension/plpgsql_check.control`));
  return major && `${SERVERS}/${major}/bin`;
}

const NAME = 'migrated';

async function migrate(cluster: ScratchCluster): Promise<MigratedDatabase> {
  const url = cluster.url('postgres', NAME);
  const superuserUrl = cluster.url('supabase_admin', NAME);
  await cluster.createBootstrapped(NAME);
  const before = await readCatalogue(superuserUrl);
  await migrateUp({ url });
  return { url, superuserUrl, before };
}

/** Starts databases on demand and stops them all at the end. */
export class MigratedDatabases {
  private readonly started: Promise<ScratchCluster>[] = [];
  private onEmbedded: Promise<MigratedDatabase> | undefined;
  private onInstalled: Promise<MigratedDatabase> | undefined;

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

  /** On an installed PostgreSQL with plpgsql_check, or undefined where there is none. */
  async withPlpgsqlCheck(): Promise<MigratedDatabase | undefined> {
    const binDir = findPlpgsqlCheck();
    if (!binDir) return undefined;
    this.onInstalled ??= this.start({ binDir });
    return this.onInstalled;
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
