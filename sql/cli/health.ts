/** Whether a database answers, what it is, and how big it has become. */
import type pg from 'pg';
import { listApplied } from './bookkeeping.ts';
import { describeTarget, withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR, type MigrationFile } from './migration-files.ts';

export interface Health {
  readonly healthy: boolean;
  /** The database without its password. */
  readonly target: string;
  readonly server_version: string | null;
  readonly pending_migrations: string[];
  readonly database_bytes: number | null;
  /** The biggest first, indexes included; of a partitioned table all partitions together. */
  readonly biggest_tables: { name: string; bytes: number }[];
  readonly error: string | null;
}

/** Partitions count for their parent; tables of other tools and of Postgres itself are left out. */
const BIGGEST_TABLES_SQL = `
  select format('%I.%I', root.relnamespace::regnamespace, root.relname) as name,
    sum(pg_total_relation_size(c.oid))::float8 as bytes
  from pg_class c
  join pg_class root on root.oid = coalesce(pg_partition_root(c.oid), c.oid)
  where c.relkind in ('r', 'p', 'm')
    and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
  group by root.oid, root.relnamespace, root.relname
  order by bytes desc, name
  limit 10`;

async function inspect(client: pg.Client, files: MigrationFile[]) {
  const {
    rows: [server],
  } = await client.query(
    `select current_setting('server_version') as version,
       pg_database_size(current_database())::float8 as bytes`,
  );
  const applied = new Set((await listApplied(client)).map(({ version }) => version));
  const { rows } = await client.query(BIGGEST_TABLES_SQL);
  return {
    server_version: server.version as string,
    pending_migrations: files
      .filter(({ version }) => !applied.has(version))
      .map(({ name }) => name),
    database_bytes: server.bytes as number,
    biggest_tables: rows as { name: string; bytes: number }[],
  };
}

/**
 * Connects and reports. Never throws for a database that is down: that is a report too.
 *
 * @returns `healthy` only when it answers and no migration is pending
 */
export async function checkHealth(url: string, dir = MIGRATIONS_DIR): Promise<Health> {
  const files = await listMigrations(dir);
  const target = describeTarget(url);
  try {
    const found = await withClient(url, (client) => inspect(client, files));
    return { healthy: found.pending_migrations.length === 0, target, ...found, error: null };
  } catch (error) {
    return {
      healthy: false,
      target,
      server_version: null,
      pending_migrations: [],
      database_bytes: null,
      biggest_tables: [],
      error: error instanceof Error ? error.message : String(error),
    };
  }
}
