/** What a database says of itself after it was migrated, to compare two by. */
import postgres from 'postgres';
import { readCatalogue } from './catalogue.ts';

/** The record of applied migrations, oldest first, as Supabase's CLI reads it. */
export async function readRecord(url: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    return [
      ...(await sql`
        select version, name, statements from supabase_migrations.schema_migrations order by version`),
    ];
  } finally {
    await sql.end();
  }
}

/**
 * `readCatalogue` without the table of times that node-pg-migrate keeps, which is not there when
 * another tool migrated.
 */
export async function readProductCatalogue(url: string): Promise<string[]> {
  return (await readCatalogue(url)).filter((line) => !line.includes('streambed_migrations'));
}
