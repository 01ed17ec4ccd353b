/** Applies or reverts one migration in one transaction, with node-pg-migrate. */
import { setTimeout as pause } from 'node:timers/promises';
import { Migration } from 'node-pg-migrate';
import {
  enterSql,
  LOCK_RECORD_SQL,
  LOCK_SQL,
  NEWEST_SQL,
  RUNS_SCHEMA,
  RUNS_TABLE,
  readNewest,
  removeSql,
} from './bookkeeping.ts';
import { UserError } from './connection.ts';
import { type Direction, type MigrationFile, readMigration } from './migration-files.ts';
import { showPath } from './show-path.ts';
import type { TrackedClient } from './sql-client.ts';
import { explainSqlError } from './sql-error.ts';
import { findTransactionControl } from './statements.ts';

const SILENT = { info() {}, warn() {}, error() {} };

/** Raised by the guard below; a SQLSTATE of our own, in the class left to users. */
const OVERTAKEN = 'SB001';

/** A lock that was not to be had in time, a deadlock. */
const BLOCKED = new Set(['55P03', '40P01']);
const PAUSE_MS = 1000;

/**
 * Longer than Postgres' `deadlock_timeout` of one second, at which an autovacuum gives way; shorter
 * than twice that, so that of a deadlock with Supabase's CLI it is this side that ends.
 */
const LOCK_TIMEOUT = '1500ms';

/**
 * First statements of every migration's transaction. The locks make another run wait and hold up
 * Supabase's CLI where it reads the record; what was waited for may have applied the very file, so
 * the guard looks again. A session lock would do neither behind a transaction-mode pooler, where
 * each transaction may run in another session.
 */
function guardSql(newest: string | null): string {
  return `
    set local client_min_messages = warning;
    set local statement_timeout = 0;
    ${LOCK_SQL};
    set local lock_timeout = '${LOCK_TIMEOUT}';
    ${LOCK_RECORD_SQL};
    do $guard$ begin
      if ${NEWEST_SQL} is distinct from ${newest === null ? 'null' : `'${newest}'`}
      then raise exception using errcode = '${OVERTAKEN}', message = 'overtaken by another run';
      end if;
    end $guard$`;
}

function refuseTransactionControl(path: string, sql: string): void {
  const found = findTransactionControl(sql);
  if (found) {
    throw new UserError(
      `${showPath(path)}:${found.line}: "${found.text.split('\n')[0]}" is not allowed: every file runs as one transaction`,
    );
  }
}

/** One half of a migration, as node-pg-migrate runs it. */
interface Half {
  readonly file: MigrationFile;
  readonly direction: Direction;
  readonly sql: string;
  /** The newest version that the database had when the caller looked. */
  readonly newest: string | null;
}

function toMigration(client: TrackedClient, { file, direction, sql, newest }: Half): Migration {
  const steps = (pgm: { sql(text: string): void }) => {
    pgm.sql(guardSql(newest));
    pgm.sql(sql);
    pgm.sql(direction === 'up' ? enterSql(file, sql) : removeSql(file));
  };
  type Parameters = ConstructorParameters<typeof Migration>;
  const options = { direction, migrationsSchema: RUNS_SCHEMA, migrationsTable: RUNS_TABLE };
  return new Migration(
    client as unknown as Parameters[0],
    file.paths[direction],
    { [direction]: steps },
    options as Parameters[3],
    {},
    SILENT,
  );
}

interface Failure {
  readonly code: string | undefined;
  /** With the file and the line, for people. */
  readonly explained: unknown;
}

async function runOnce(client: TrackedClient, half: Half): Promise<Failure | undefined> {
  try {
    await toMigration(client, half).apply(half.direction);
    return undefined;
  } catch (error) {
    const explained = explainSqlError(half.file.paths[half.direction], half.sql, client, error);
    await client.query('rollback').catch(() => {});
    return { code: (error as { code?: string }).code, explained };
  }
}

/** Whether another applied or reverted something meanwhile, which may be all that is wrong. */
async function wasOvertaken(client: TrackedClient, { newest }: Half, { code }: Failure) {
  if (code === OVERTAKEN) return true;
  return (await readNewest(client).catch(() => newest)) !== newest;
}

export interface Patience {
  /** For how long to try again while another session holds a lock that a file needs. */
  readonly patienceMs: number;
  /** Called once when there is something to wait for. */
  onWait(file: MigrationFile): void;
}

/**
 * Runs one half of a migration and records it, all in one transaction.
 *
 * @param newest the newest version that the database had when the caller looked
 * @returns false when another changed that meanwhile: nothing was done, look again
 * @throws SqlFileError naming file and line when Postgres refuses it
 */
export async function applyMigration(
  client: TrackedClient,
  file: MigrationFile,
  direction: Direction,
  newest: string | null,
  { patienceMs, onWait }: Patience,
): Promise<boolean> {
  const sql = await readMigration(file, direction);
  refuseTransactionControl(file.paths[direction], sql);
  const half = { file, direction, sql, newest };
  const deadline = Date.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    const failure = await runOnce(client, half);
    if (!failure) return true;
    if (await wasOvertaken(client, half, failure)) return false;
    if (!BLOCKED.has(failure.code ?? '') || Date.now() > deadline) throw failure.explained;
    if (attempt === 1) onWait(file);
    await pause(PAUSE_MS);
  }
}
