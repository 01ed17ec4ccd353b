/** The order in which definitions are told: by schema, kind and name, so that a new one moves no other. */
import type { Definition } from './catalogue.ts';

/** Ours before Supabase's, and first what is in no schema. */
const SCHEMAS = ['', 'private', 'public'];

const KINDS = [
  'role',
  'extension',
  'default privileges',
  'publication',
  'event trigger',
  'schema',
  'type',
  'relation',
  'function',
];

const rank = (list: readonly string[], name: string) =>
  list.includes(name) ? list.indexOf(name) : list.length;

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Which of two comes first; 0 for parts of one object, whose order a stable sort keeps. */
export function compareDefinitions(a: Definition, b: Definition): number {
  return (
    rank(SCHEMAS, a.schema) - rank(SCHEMAS, b.schema) ||
    compareText(a.schema, b.schema) ||
    rank(KINDS, a.kind) - rank(KINDS, b.kind) ||
    compareText(a.object, b.object)
  );
}
