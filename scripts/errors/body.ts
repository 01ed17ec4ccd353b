/** What a function's body does that can lead to a refusal, read from its text. */

/** A call such as `private.check_text('title', …)`. */
export interface Call {
  readonly name: string;
  /** Its first argument, where that is a text in the source. */
  readonly firstText: string | undefined;
}

/** A statement that writes to a table. */
export interface Write {
  readonly table: string;
  readonly operation: 'insert' | 'update' | 'delete';
  /** Of an update: the columns that it sets. */
  readonly columns: readonly string[];
}

const CALL = /\b((?:private|public)\.\w+)\s*\(\s*(?:'([^']*)')?/g;
const TEXT = /'([a-z][a-z0-9_]*)'/g;
const SUFFIX = /private\.fail\(\s*\w+ \|\| '(_[a-z]+)'/g;
const INSERT = /\binsert into ((?:public|private|auth)\.\w+)/g;
const DELETE = /\bdelete from ((?:public|private|auth)\.\w+)/g;
const UPDATE =
  /\bupdate ((?:public|private|auth)\.\w+)(?: as \w+)?\s+set\b([\s\S]*?)(?:\bwhere\b|\breturning\b|\bfrom\b|;)/g;
const UPSERT =
  /\binsert into ((?:public|private|auth)\.\w+)(?:(?!;)[\s\S])*?\bdo update\s+set\b([\s\S]*?)(?:\bwhere\b|\breturning\b|;)/g;
const SET_COLUMN = /(\w+)\s*=(?!>)/g;

export function callsOf(body: string): Call[] {
  return [...body.matchAll(CALL)].map(([, name = '', firstText]) => ({ name, firstText }));
}

/** Every text that stands in the source and could be a code. */
export function textsOf(body: string): string[] {
  return [...body.matchAll(TEXT)].map(([, text = '']) => text);
}

/** `_invalid` for a function that fails with `field || '_invalid'`: a code that its first argument begins. */
export function suffixesOf(body: string): string[] {
  return [...body.matchAll(SUFFIX)].map(([, suffix = '']) => suffix);
}

export function writesOf(body: string): Write[] {
  const plain = (pattern: RegExp, operation: Write['operation']): Write[] =>
    [...body.matchAll(pattern)].map(([, table = '']) => ({ table, operation, columns: [] }));
  const updates = [...body.matchAll(UPDATE), ...body.matchAll(UPSERT)].map(
    ([, table = '', assignments = '']): Write => ({
      table,
      operation: 'update',
      columns: [...assignments.matchAll(SET_COLUMN)].map(([, column = '']) => column),
    }),
  );
  return [...plain(INSERT, 'insert'), ...plain(DELETE, 'delete'), ...updates];
}
