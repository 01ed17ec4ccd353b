/** Splits a SQL file into its statements, for messages that name a line and for the record. */
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

interface Piece {
  /** Where it begins, right behind the semicolon before it. */
  readonly start: number;
  /** Where its first word begins; undefined when there is nothing but comments. */
  readonly word: number | undefined;
  /** Where its semicolon stands. */
  readonly end: number;
}

function listPieces(sql: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let word: number | undefined;
  for (let at = 0; at < sql.length; ) {
    const { kind, text } = tokenAt(sql, at);
    if (text === ';') {
      pieces.push({ start, word, end: at });
      start = at + 1;
      word = undefined;
    } else if (word === undefined && kind !== 'comment' && text.trim()) word = at;
    at += text.length;
  }
  return [...pieces, { start, word, end: sql.length }];
}

/**
 * Splits a file into its statements, as Postgres would. Good for messages; what runs is the file.
 *
 * @param sql a whole file, valid or not
 */
export function listStatements(sql: string): Statement[] {
  return listPieces(sql).flatMap(({ word, end }) =>
    word === undefined ? [] : [{ line: lineAt(sql, word), text: sql.slice(word, end) }],
  );
}

/** The statements as Supabase's CLI records them: with the comments before each, comments alone too. */
export function splitForRecord(sql: string): string[] {
  return listPieces(sql)
    .map(({ start, end }) => sql.slice(start, end).trim())
    .filter((text) => text !== '');
}

const TRANSACTION_CONTROL =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;

/** The first statement that would end or open a transaction, if the file has one. */
export function findTransactionControl(sql: string): Statement | undefined {
  return listStatements(sql).find(
    ({ text }) => TRANSACTION_CONTROL.test(text) && !/^rollback\s+to\b/i.test(text),
  );
}
