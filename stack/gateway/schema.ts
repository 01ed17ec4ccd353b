import type { PostgresConnection } from '@supabase/lite/postgres';
import type { SessionPool } from './session-pool.ts';

export type Schema = Awaited<ReturnType<PostgresConnection['introspect']>>;
type Table = Schema['tables'][number];

const ALL_TABLES = `
  select n.nspname as schema, c.relname as name, 'table' as type, 0 as rows,
    '' as sql, '' as engine, '' as collation
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1::text[])
    and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition`;

/**
 * Reads the schema as lite does, and adds the tables that no request role may touch:
 * information_schema hides these, and lite would answer 404 where PostgREST answers that permission
 * is denied. Leaves out the indexes.
 *
 * Throws when the database cannot be read, where lite would find a database without tables.
 */
export async function readSchema(
  database: SessionPool,
  schemas: readonly string[],
  introspect: () => Promise<Schema>,
): Promise<Schema> {
  const { rows: all } = await database.run<Table>(ALL_TABLES, [schemas]);
  const seen = await introspect();
  if (!seen.functions) throw new Error('The schema could not be read.');
  const known = new Set([...seen.tables, ...seen.views].map((t) => `${t.schema}.${t.name}`));
  const hidden = all.filter((table) => !known.has(`${table.schema}.${table.name}`));
  // For PostgREST, too, a constraint makes a relationship one to one, and no index: it may be partial.
  return { ...seen, tables: [...seen.tables, ...hidden], indexes: [] };
}
