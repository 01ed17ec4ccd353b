/** What a file does to objects that exist already. */
import { findNames, NAME, type Named, spell } from './names.ts';

export interface Change extends Named {
  /** The words that make it: `create or replace`, `drop`, `grant` … */
  readonly verb: string;
}

const KIND = String.raw`(?:(?:foreign\s+)?table|(?:materialized\s+)?view|function|procedure|routine|aggregate|type|domain|sequence)`;
const IF_EXISTS = String.raw`(?:if\s+exists\s+)?(?:only\s+)?`;
const PART = String.raw`(trigger|policy)\s+(?:if\s+exists\s+)?("?\w+"?)\s+on\s+${NAME}`;

/** The name of a part of a table, which may be of another domain than the table. */
export function partOf(table: string, kind = '', part = ''): string {
  return `${kind} ${part} on ${table}`.replaceAll('"', '').toLowerCase();
}

interface Rule {
  readonly verb: string;
  /** Where the list of targets begins. */
  readonly begins: RegExp;
  /** Where it ends, before the end of the statement. */
  readonly ends?: RegExp;
  /** Only the first name is a target. */
  readonly single?: boolean;
}

const RULES: readonly Rule[] = [
  { verb: 'create or replace', begins: /\bcreate\s+or\s+replace\b/gi, single: true },
  { verb: 'alter', begins: new RegExp(`\\balter\\s+${KIND}\\s+${IF_EXISTS}`, 'gi'), single: true },
  {
    verb: 'alter publication',
    begins: /\balter\s+publication\s+\w+\s+(?:add|drop|set)\s+table\b/gi,
  },
  {
    verb: 'drop',
    begins: new RegExp(`(?<!\\bpublication\\s+\\w+\\s+)\\bdrop\\s+${KIND}\\s+${IF_EXISTS}`, 'gi'),
  },
  {
    verb: 'comment on',
    begins: new RegExp(
      `\\bcomment\\s+on\\s+(?:${KIND}|column|constraint\\s+"?\\w+"?\\s+on)\\s`,
      'gi',
    ),
    ends: /\bis\b/i,
  },
  { verb: 'grant', begins: /\bgrant\b[^;]*?\son\b/gi, ends: /\bto\b/i },
  { verb: 'revoke', begins: /\brevoke\b[^;]*?\son\b/gi, ends: /\bfrom\b/i },
];

/** Arguments of functions and lists of columns: they name no targets. */
function withoutParentheses(code: string): string {
  const outer = code.replace(/\([^()]*\)/g, (inner) => ' '.repeat(inner.length));
  return outer === code ? code : withoutParentheses(outer);
}

function findTargets(code: string, { verb, begins, ends, single }: Rule): Change[] {
  return [...code.matchAll(begins)].flatMap((match) => {
    const start = match.index + match[0].length;
    const [rest = ''] = code.slice(start).split(';', 1);
    const list = withoutParentheses(rest).split(ends ?? /$/, 1)[0] ?? '';
    const targets = findNames(list).slice(0, single ? 1 : undefined);
    return targets.map(({ name, offset }) => ({ verb, name, offset: start + offset }));
  });
}

function findParts(code: string, verb: string): Change[] {
  const pattern = new RegExp(`\\b${verb.replaceAll(' ', '\\s+')}\\s+${PART}`, 'gi');
  return [...code.matchAll(pattern)].map((match) => {
    const [, kind, part, schema, own] = match;
    return { verb, name: partOf(spell(schema, own), kind, part), offset: match.index };
  });
}

/**
 * Finds what alters, replaces, drops, explains, grants or publishes something.
 *
 * @param code as `codeOf` gives it
 */
export function findChanges(code: string): Change[] {
  return [
    ...RULES.flatMap((rule) => findTargets(code, rule)),
    ...['alter', 'drop', 'comment on'].flatMap((verb) => findParts(code, verb)),
  ].sort((a, b) => a.offset - b.offset);
}
