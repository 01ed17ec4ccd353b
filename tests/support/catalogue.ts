/** Everything that a migration can define, as text that two databases can be compared by. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

const QUERIES = fileURLToPath(new URL('catalogue/', import.meta.url));

async function definitionsOf(sql: postgres.Sql): Promise<string[]> {
  const lines: string[] = [];
  for (const file of (await readdir(QUERIES)).sort()) {
    const text = await readFile(`${QUERIES}${file}`, 'utf8');
    const rows = await sql.unsafe(text).values();
    lines.push(...rows.map(([line]) => String(line)).sort());
  }
  return lines;
}

/** The tables of `public` and `private`, each with its columns whose values are no time and no secret. */
const TABLES = `
  select format('%I.%I', nspname, relname) as name, string_agg(quote_ident(attname), ', ' order by attnum) as columns
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  join pg_attribute on attrelid = pg_class.oid
  where nspname in ('public', 'private') and relkind in ('r', 'p') and not relispartition
    and attnum > 0 and not attisdropped and atttypid not in ('timestamptz'::regtype, 'bytea'::regtype)
  group by 1 order by 1`;

async function rowsOf(sql: postgres.Sql): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, columns } of await sql.unsafe(TABLES)) {
    const rows = await sql.unsafe(`select row(${columns})::text from ${name}`).values();
    lines.push(...rows.map(([row]) => `row of ${name}: ${row}`).sort());
  }
  return lines;
}

/** Opens a connection on which every name is printed with its schema. */
async function withConnection<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    await sql`set search_path = ''`;
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/**
 * Reads schemas, tables, columns, constraints, indexes, policies, triggers, functions with their
 * bodies, types, publications, comments, grants and default privileges. Nothing in it depends on object ids or
 * on when something was created.
 *
 * @param url the database, as a superuser
 * @returns one line, or block of lines, per object, in a stable order
 */
export function readDefinitions(url: string): Promise<string[]> {
  return withConnection(url, definitionsOf);
}

/**
 * Reads what `readDefinitions` does, and the rows of the product's tables: in a database that nobody has used,
 * what the migrations wrote.
 */
export function readCatalogue(url: string): Promise<string[]> {
  return withConnection(url, async (sql) => [
    ...(await definitionsOf(sql)),
    ...(await rowsOf(sql)),
  ]);
}
