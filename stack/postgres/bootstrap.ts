import { readFile } from 'node:fs/promises';
import postgres from 'postgres';

const CLUSTER_FILES = ['roles', 'memberships'] as const;
const DATABASE_FILES = [
  'hand-over',
  'auth',
  'storage',
  'realtime',
  'privileges',
  'guard',
  'schema-watch',
] as const;

async function script(name: string): Promise<string> {
  return readFile(new URL(`bootstrap/${name}.sql`, import.meta.url), 'utf8');
}

async function runScripts(url: string, scripts: readonly string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    await sql.begin(async (transaction) => {
      for (const text of scripts) await transaction.unsafe(text).simple();
    });
  } finally {
    await sql.end();
  }
}

/**
 * Creates Supabase's roles and memberships. Idempotent; once per cluster.
 *
 * @param superuserUrl any database of the cluster, as its superuser
 */
export async function bootstrapCluster(superuserUrl: string): Promise<void> {
  await runScripts(superuserUrl, await Promise.all(CLUSTER_FILES.map(script)));
}

/**
 * Gives a database what a new Supabase project has: the schemas auth, storage, realtime and
 * extensions with their owners, the default privileges of `public`, the owner `postgres`.
 * Idempotent; once per database, after `bootstrapCluster`.
 *
 * @param superuserUrl the database, as `supabase_admin`
 */
export async function bootstrapDatabase(superuserUrl: string): Promise<void> {
  const { getAuthSchemaSql, getStorageSchemaSql } = await import('@supabase/lite');
  const [schemas, ...others] = await Promise.all(['schemas', ...DATABASE_FILES].map(script));
  await runScripts(superuserUrl, [
    schemas as string,
    getAuthSchemaSql(),
    getStorageSchemaSql(),
    ...others,
  ]);
}
