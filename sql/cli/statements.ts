/** Where the statements of a SQL file begin, for messages that name a line. */
import { tokenAt } from './tokens.ts';

export interface Statement {
  /** Line of its first word, from 1. */
  readonly line: number;
  /** Its text from the first word up to, not including, the semicolon. */
  readonly text: string;
}

/** The 1-based line of a character offset. */
export function lineAt(sql: string, offset: number): number {
  return sql.slice(0, offset).split('\n').length;
}

/**
 * Splits a file into its statements, as Postgres would. Good for messages; what runs is the file.
 *
 * @param sql a whole file, valid or not
 */
export function listStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let start = -1;
  const close = (end: number) => {
    if (start >= 0) statements.push({ line: lineAt(sql, start), text: sql.slice(start, end) });
    start = -1;
  };
  for (let at = 0; at < sql.length; ) {
    const { kind, text } = tokenAt(sql, at);
    if (text === ';') close(at);
    else if (start < 0 && kind !== 'comment' && text.trim()) start = at;
    at += text.length;
  }
  close(sql.length);
  return statements;
}

const TRANSACTION_CONTROL =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;

/** The first statement that would end or open a transaction, if the file has one. */
export function findTransactionControl(sql: string): Statement | undefined {
  return listStatements(sql).find(
    ({ text }) => TRANSACTION_CONTROL.test(text) && !/^rollback\s+to\b/i.test(text),
  );
}
