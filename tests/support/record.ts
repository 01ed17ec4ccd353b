/** What a database says of the migrations that it has. */
import postgres from 'postgres';

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
