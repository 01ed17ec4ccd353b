/** Applies or reverts one migration in one transaction, with node-pg-migrate. */
import { dirname } from 'node:path';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import {
  BOOKKEEPING_SCHEMA,
  BOOKKEEPING_TABLE,
  CHECKSUM_SETTING,
  LOCK_SQL,
} from './bookkeeping.ts';
import { UserError } from './connection.ts';
import {
  checksumOf,
  type Direction,
  type MigrationFile,
  readMigration,
} from './migration-files.ts';
import type { TrackedClient } from './sql-client.ts';
import { explainSqlError } from './sql-error.ts';
import { findTransactionControl } from './statements.ts';

const SILENT = { info() {}, warn() {}, error() {} };

/** Raised by the guard below; a SQLSTATE of our own, in the class left to users. */
const OVERTAKEN = 'SB001';

/**
 * First statements of every migration's transaction. The lock makes a second runner wait, and what
 * it waited for may have applied the very file that it was about to apply: it must look again. A
 * session lock would do neither behind a transaction-mode pooler, where each transaction may run
 * in another session.
 */
function guardSql(newestApplied: string | undefined, checksum: string): string {
  const expected = newestApplied === undefined ? 'null' : `'${newestApplied}'`;
  return `
    set local client_min_messages = warning;
    set local statement_timeout = 0;
    set local ${CHECKSUM_SETTING} = '${checksum}';
    ${LOCK_SQL};
    do $guard$ begin
      if (select max(name collate "C") from ${BOOKKEEPING_SCHEMA}.${BOOKKEEPING_TABLE})
        is distinct from ${expected}
      then raise exception using errcode = '${OVERTAKEN}', message = 'overtaken by another run';
      end if;
    end $guard$`;
}

function refuseTransactionControl(path: string, sql: string): void {
  const found = findTransactionControl(sql);
  if (found) {
    throw new UserError(
      `${path}:${found.line}: "${found.text.split('\n')[0]}" is not allowed: every file runs as one transaction`,
    );
  }
}

/**
 * Runs one half of a migration and records it, all in one transaction.
 *
 * @param newestApplied the newest migration that the database had when the caller looked
 * @returns false when another runner changed that meanwhile: nothing was done, look again
 * @throws SqlFileError naming file and line when Postgres refuses it
 */
export async function applyMigration(
  client: TrackedClient,
  file: MigrationFile,
  direction: Direction,
  newestApplied: string | undefined,
): Promise<boolean> {
  const path = file.paths[direction];
  const sql = await readMigration(file, direction);
  refuseTransactionControl(path, sql);
  const guard = guardSql(newestApplied, await checksumOf(file));
  const steps = (pgm: { sql(text: string): void }) => {
    pgm.sql(guard);
    pgm.sql(sql);
  };
  const actions = { [direction]: steps };
  const unit = { id: `${file.name}.sql`, filePaths: [path], actions };
  try {
    const ran = await runner({
      dbClient: client as unknown as pg.ClientBase,
      dir: dirname(path),
      direction,
      file: file.name,
      migrationsSchema: BOOKKEEPING_SCHEMA,
      migrationsTable: BOOKKEEPING_TABLE,
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: async () => [unit] }],
      singleTransaction: false,
      checkOrder: false,
      noLock: true,
      logger: SILENT,
    });
    return ran.length > 0;
  } catch (error) {
    const explained = explainSqlError(path, sql, client, error);
    await client.query('rollback').catch(() => {});
    if ((error as { code?: string }).code === OVERTAKEN) return false;
    throw explained;
  }
}
