/** Runs one half of a migration in one transaction, with node-pg-migrate. */
import { Migration } from 'node-pg-migrate';
import {
  enterSql,
  LOCK_RECORD_SQL,
  LOCK_SQL,
  NEWEST_SQL,
  RECORD_AWAITED_SQL,
  RUNS_SCHEMA,
  RUNS_TABLE,
  removeSql,
} from './bookkeeping.ts';
import { UserError } from './connection.ts';
import { type Direction, type MigrationFile, readMigration } from './migration-files.ts';
import { showPath } from './show-path.ts';
import type { TrackedClient } from './sql-client.ts';
import { findTransactionControl } from './statements.ts';

const SILENT = { info() {}, warn() {}, error() {} };

/** Raised by the guard below; a SQLSTATE of our own, in the class left to users. */
export const OVERTAKEN = 'SB001';

/** One half of a migration. */
export interface Half {
  readonly file: MigrationFile;
  readonly direction: Direction;
  readonly sql: string;
  /** The newest version that the database had when the caller looked. */
  readonly newest: string | null;
}

/**
 * Reads a half.
 *
 * @throws UserError for a statement that would end the transaction
 */
export async function readHalf(
  file: MigrationFile,
  direction: Direction,
  newest: string | null,
): Promise<Half> {
  const sql = await readMigration(file, direction);
  const found = findTransactionControl(sql);
  if (found) {
    const place = `${showPath(file.paths[direction])}:${found.line}`;
    const [statement] = found.text.split('\n');
    throw new UserError(
      `${place}: "${statement}" is not allowed: every file runs as one transaction`,
    );
  }
  return { file, direction, sql, newest };
}

/**
 * First statements of every migration's transaction. The lock makes a second run wait, and what it
 * waited for may have applied the very file that it was about to apply: it must look again. A
 * session lock would do neither behind a transaction-mode pooler, where each transaction may run in
 * another session.
 */
function guardSql(newest: string | null, holdRecord: boolean): string {
  return `
    set local client_min_messages = warning;
    set local statement_timeout = 0;
    ${LOCK_SQL};
    ${holdRecord ? `set local lock_timeout = '500ms'; ${LOCK_RECORD_SQL};` : ''}
    do $guard$ begin
      if ${NEWEST_SQL} is distinct from ${newest === null ? 'null' : `'${newest}'`}
      then raise exception using errcode = '${OVERTAKEN}', message = 'overtaken by another run';
      end if;
    end $guard$`;
}

/** The client, which also tells what the transaction saw last: whether the record is awaited. */
function watch(client: TrackedClient) {
  let awaited = false;
  const query: TrackedClient['query'] = async (text, values) => {
    const result = await client.query(text, values);
    if (text.startsWith(RECORD_AWAITED_SQL)) awaited = result.rows[0].awaited;
    return result;
  };
  return { query, isAwaited: () => awaited };
}

/**
 * Runs a half and records it.
 *
 * @param holdRecord whether to keep the record locked meanwhile; no lock is then waited for longer
 * than half a second
 * @returns whether another waited to read the record
 * @throws what Postgres says, `OVERTAKEN` among it; the transaction is still to be rolled back then
 */
export async function runHalf(
  client: TrackedClient,
  { file, direction, sql, newest }: Half,
  holdRecord: boolean,
): Promise<{ awaited: boolean }> {
  const steps = (pgm: { sql(text: string): void }) => {
    pgm.sql(guardSql(newest, holdRecord));
    pgm.sql(sql);
    pgm.sql(direction === 'up' ? enterSql(file, sql) : removeSql(file));
    pgm.sql(RECORD_AWAITED_SQL);
  };
  type Parameters = ConstructorParameters<typeof Migration>;
  const options = { direction, migrationsSchema: RUNS_SCHEMA, migrationsTable: RUNS_TABLE };
  const watched = watch(client);
  await new Migration(
    watched as unknown as Parameters[0],
    file.paths[direction],
    { [direction]: steps },
    options as Parameters[3],
    {},
    SILENT,
  ).apply(direction);
  return { awaited: watched.isAwaited() };
}
