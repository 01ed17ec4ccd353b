/** Runs the demo data, which is safe to run twice. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { withClient } from './connection.ts';
import { besideMigrations, MIGRATIONS_DIR } from './migration-files.ts';
import { trackProgress } from './sql-client.ts';
import { explainSqlError } from './sql-error.ts';

/**
 * Runs `sql/seed.sql`, or that of another folder, in one transaction.
 *
 * @param url the database, as `postgres`
 * @param dir the folder of migrations that the seed file lies beside
 * @returns false when there is no seed file
 * @throws SqlFileError naming the line that Postgres refuses; nothing is kept then
 */
export async function runSeed(url: string, dir = MIGRATIONS_DIR): Promise<boolean> {
  const file = await besideMigrations(dir, 'seed.sql');
  if (!existsSync(file)) return false;
  const sql = await readFile(file, 'utf8');
  await withClient(url, async (client) => {
    const tracked = trackProgress(client);
    await client.query('begin; set local client_min_messages = warning');
    try {
      await tracked.query(sql);
      await client.query('commit');
    } catch (error) {
      const explained = explainSqlError(file, sql, tracked, error);
      await client.query('rollback').catch(() => {});
      throw explained;
    }
  });
  return true;
}
