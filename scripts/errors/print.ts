/** The page docs/errors.md. */

import { Reach } from './reach.ts';
import type { CatalogueEntry, ErrorSources } from './read.ts';

const HEADING = `# Errors

Made by \`npm run gen\` from the table \`private.errors\` and from what the functions do, not by hand.

Every refusal is an answer of four fields, over the API, from \`supabase.rpc\` and from edge functions alike:

| field | |
|---|---|
| \`details\` | the stable code below, which programs match |
| \`message\` | what happened, with the values |
| \`hint\` | what to do next |
| \`code\` | \`PT\` and the HTTP status for a rule of Streambed; Postgres' own SQLSTATE for anything else |

A code has one status everywhere. What is not listed comes from Postgres or the API: \`22P02\` for a value that is none of its type,
\`42501\` for a table or a function that the caller's role may not use, \`23505\` and \`23503\` for keys.
`;

/** Published functions first; a trigger's codes are met by writing to the table. A fault of the server is met anywhere. */
function sourcesOf(
  { code, status }: CatalogueEntry,
  sources: ErrorSources,
  reach: Reach,
): string[] {
  if (status === 500) return [];
  const published = sources.functions
    .filter(({ name }) => name.startsWith('public.') && reach.codesOf(name).has(code))
    .map(({ name }) => `\`${name.replace('public.', '')}\``);
  const tables = sources.triggers
    .filter(
      ({ table, calls }) => table.startsWith('public.') && reach.codesThrough(calls).includes(code),
    )
    .map(({ table }) => `writing to \`${table.replace('public.', '')}\``);
  const others = sources.functions
    .filter(({ name, body }) => name.startsWith('private.') && body.includes(`'${code}'`))
    .map(({ name }) => `\`${name}\``);
  const named = [...new Set([...published, ...tables])];
  return named.length > 0 ? named : [...new Set(others)];
}

const inCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function table(
  entries: readonly CatalogueEntry[],
  raisedBy: (entry: CatalogueEntry) => string[],
): string {
  const rows = entries.map(
    (entry) =>
      `| \`${entry.code}\` | ${entry.status} | ${inCell(entry.hint)} | ${raisedBy(entry).join(', ')} |`,
  );
  return ['| code | status | what to do | met in |', '|---|---|---|---|', ...rows].join('\n');
}

/**
 * @param answered codes that edge functions answer by themselves
 * @returns the page
 */
export function printErrors(sources: ErrorSources, answered: readonly CatalogueEntry[]): string {
  const reach = new Reach(sources);
  const domains = Map.groupBy(sources.catalogue, ({ domain }) => domain);
  const sections = [...domains].map(
    ([domain, entries]) =>
      `## ${domain}\n\n${table(entries, (entry) => sourcesOf(entry, sources, reach))}\n`,
  );
  const functions = Map.groupBy(answered, ({ domain }) => domain);
  const rest = [...functions].map(
    ([domain, entries]) => `## ${domain}\n\n${table(entries, () => [])}\n`,
  );
  return [HEADING, ...sections, ...rest].join('\n');
}
