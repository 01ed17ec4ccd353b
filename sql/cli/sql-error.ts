/** Turns Postgres' error into one that names the file and the line. */
import type { DatabaseError } from 'pg';
import { UserError } from './connection.ts';
import { showPath } from './show-path.ts';
import type { TrackedClient } from './sql-client.ts';
import { lineAt, listStatements } from './statements.ts';

/** A SQL file that Postgres refused; nothing of it was kept. */
export class SqlFileError extends UserError {
  override name = 'SqlFileError';
  readonly file: string;
  /** 1-based; undefined when the failure is not one of the file's own statements. */
  readonly line: number | undefined;
  readonly sqlstate: string | undefined;

  constructor(file: string, line: number | undefined, error: DatabaseError) {
    super(describe(file, line, error), { cause: error });
    this.file = file;
    this.line = line;
    this.sqlstate = error.code;
  }
}

/** What to do where Postgres does not say. */
const HINTS = new Map([
  ['55P03', 'Another session holds a lock that this file needs; pg_stat_activity shows it.'],
]);

function describe(file: string, line: number | undefined, error: DatabaseError): string {
  const place = showPath(file) + (line === undefined ? '' : `:${line}`);
  const hint = error.hint ?? HINTS.get(error.code ?? '');
  const parts = [
    `${place}: ${error.message}${error.code ? ` (SQLSTATE ${error.code})` : ''}`,
    error.detail && `  Detail: ${error.detail}`,
    hint && `  Hint: ${hint}`,
    error.where && `  Where: ${error.where}`,
    '  Nothing of this file was kept.',
  ];
  return parts.filter(Boolean).join('\n');
}

/** Postgres counts characters, JavaScript UTF-16 units: they differ behind an emoji. */
function offsetOf(sql: string, position: number): number {
  return [...sql].slice(0, position - 1).join('').length;
}

function failedLine(sql: string, client: TrackedClient, error: DatabaseError): number | undefined {
  const { text, completed } = client.progress();
  if (!text.startsWith(sql)) return undefined;
  if (error.position) return lineAt(sql, offsetOf(sql, Number(error.position)));
  return listStatements(sql)[completed]?.line;
}

/**
 * Explains a failure while a file ran; other errors than Postgres' own are returned as they are.
 *
 * @param file the file's path
 * @param sql its content
 * @param client the client that ran it
 */
export function explainSqlError(
  file: string,
  sql: string,
  client: TrackedClient,
  error: unknown,
): unknown {
  if (!(error instanceof Error) || !('severity' in error)) return error;
  const refusal = error as DatabaseError;
  return new SqlFileError(file, failedLine(sql, client, refusal), refusal);
}
