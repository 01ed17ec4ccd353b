/** Names with a schema, in code. */

/** One name as a part of an expression, with its schema and itself in two groups. */
export const NAME = String.raw`("?\w+"?)\s*\.\s*("?\w+"?)`;

export interface Named {
  /** As `schema.name`, without quotes and in lower case. */
  readonly name: string;
  readonly offset: number;
}

/** The name that two matched groups of `NAME` spell. */
export function spell(schema = '', own = ''): string {
  return `${schema}.${own}`.replaceAll('"', '').toLowerCase();
}

/** Every name with a schema; the third part of `schema.table.column` is not one. */
export function findNames(code: string): Named[] {
  return [...code.matchAll(new RegExp(`(?<![\\w.$"])${NAME}`, 'g'))].map((match) => ({
    name: spell(match[1], match[2]),
    offset: match.index,
  }));
}

/** Is it of a schema that holds our own objects? */
export const isOurs = (name: string) => /^(public|private)\./.test(name);
