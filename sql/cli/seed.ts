/** Runs the demo data, which is safe to run twice. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withClient } from './connection.ts';
import { trackProgress } from './sql-client.ts';
import { explainSqlError } from './sql-error.ts';

const SEED_FILE = fileURLToPath(new URL('../seed.sql', import.meta.url));

/**
 * Runs `sql/seed.sql` in one transaction.
 *
 * @param url the database, as `postgres`
 * @returns false when there is no seed file
 * @throws SqlFileError naming the line that Postgres refuses; nothing is kept then
 */
export async function runSeed(url: string, file = SEED_FILE): Promise<boolean> {
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
