/** Everything that a migration can define, as text that two databases can be compared by. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

const QUERIES = fileURLToPath(new URL('catalogue/', import.meta.url));

/** Rows that migrations write and that are part of the product's definition. */
const ROWS: readonly { table: string; columns: string }[] = [
  { table: 'private.settings', columns: 'key, value, comment' },
  { table: 'private.scheduled_jobs', columns: 'to_jsonb(scheduled_jobs)' },
  {
    table: 'public.packages',
    columns: "to_jsonb(packages) - 'created_at' - 'updated_at'",
  },
];

async function readDefinitions(sql: postgres.Sql): Promise<string[]> {
  const lines: string[] = [];
  for (const file of (await readdir(QUERIES)).sort()) {
    const text = await readFile(`${QUERIES}${file}`, 'utf8');
    const rows = await sql.unsafe(text).values();
    lines.push(...rows.map(([line]) => String(line)).sort());
  }
  return lines;
}

async function readRows(sql: postgres.Sql): Promise<string[]> {
  const lines: string[] = [];
  for (const { table, columns } of ROWS) {
    const [found] = await sql`select to_regclass(${table}) is not null as exists`;
    if (!found?.exists) continue;
    const rows = await sql.unsafe(`select row(${columns})::text from ${table}`).values();
    lines.push(...rows.map(([row]) => `row of ${table}: ${row}`).sort());
  }
  return lines;
}

/**
 * Reads schemas, tables, columns, constraints, indexes, policies, triggers, functions with their
 * bodies, types, publications, comments, grants and default privileges, and the rows that
 * migrations write. Nothing in it depends on object ids or on when something was created.
 *
 * @param url the database, as a superuser
 * @returns one line, or block of lines, per object, in a stable order
 */
export async function readCatalogue(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    await sql`set search_path = ''`;
    return [...(await readDefinitions(sql)), ...(await readRows(sql))];
  } finally {
    await sql.end();
  }
}
