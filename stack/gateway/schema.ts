import type { PostgresConnection } from '@supabase/lite/postgres';
import type postgres from 'postgres';

export type Schema = Awaited<ReturnType<PostgresConnection['introspect']>>;
type Table = Schema['tables'][number];

/** The tables and views of these schemas, whoever may touch them. */
async function allTables(sql: postgres.Sql, schemas: readonly string[]): Promise<Table[]> {
  const rows = await sql<{ schema: string; name: string }[]>`
    select n.nspname as schema, c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (${[...schemas]}::text[])
      and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition`;
  const rest = { type: 'table', rows: 0, sql: '', engine: '', collation: '' } as const;
  return rows.map(({ schema, name }) => ({ schema, name, ...rest }));
}

/**
 * Reads the schema as lite does, and adds the tables that no request role may touch:
 * information_schema hides these, and lite would answer 404 where PostgREST answers that permission
 * is denied.
 *
 * Throws when the database cannot be read, where lite would find a database without tables.
 */
export async function readSchema(
  sql: postgres.Sql,
  schemas: readonly string[],
  introspect: () => Promise<Schema>,
): Promise<Schema> {
  const [seen, all] = await Promise.all([introspect(), allTables(sql, schemas)]);
  if (!seen.functions) throw new Error('The schema could not be read.');
  const known = new Set([...seen.tables, ...seen.views].map((t) => `${t.schema}.${t.name}`));
  const hidden = all.filter((table) => !known.has(`${table.schema}.${table.name}`));
  return { ...seen, tables: [...seen.tables, ...hidden] };
}
