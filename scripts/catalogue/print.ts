/** The definitions of a database as a text for people. */
import type { Definition } from './catalogue.ts';
import { compareDefinitions } from './order.ts';

const HEADING = `-- What the migrations make of a database with Supabase's schemas: made by \`npm run gen\`, not by hand.
-- For reading, and for seeing in a diff what a migration did; it is not meant to be run. Objects stand by schema, kind
-- and name, each with all that belongs to it. Their owner is postgres where nothing else is said, and nothing is granted
-- but what stands here. Left out: the partitions that each day brings, moments, and secrets.`;

const separator = (title: string) => `-- ${title} `.padEnd(98, '-');

/** One blank line between objects, none within. */
function printObjects(definitions: readonly Definition[]): string {
  let text = '';
  let last: Definition | undefined;
  for (const definition of definitions) {
    const isSame = last && compareDefinitions(last, definition) === 0;
    text += `${isSame ? '' : '\n'}${definition.statement}\n`;
    last = definition;
  }
  return text;
}

function printSections(definitions: readonly Definition[]): string {
  const bySchema = Map.groupBy(definitions.toSorted(compareDefinitions), ({ schema }) => schema);
  return [...bySchema]
    .map(([schema, own]) => {
      return `${separator(schema ? `Schema ${schema}` : 'Database')}\n${printObjects(own)}`;
    })
    .join('\n');
}

/** What is no longer so, as comments. */
function printLost(definitions: readonly Definition[]): string {
  if (definitions.length === 0) return '';
  const lines = printObjects(definitions.toSorted(compareDefinitions)).replace(/^(?=.)/gm, '-- ');
  return `\n${separator('Supabase has this, the migrations take it away')}\n${lines}`;
}

/**
 * Prints what there is in one reading of a catalogue and not in another, and the other way round.
 *
 * @param before the catalogue without our migrations
 * @param after the catalogue and the rows with them
 */
export function printChanges(before: readonly Definition[], after: readonly Definition[]): string {
  const statements = (definitions: readonly Definition[]) =>
    new Set(definitions.map(({ statement }) => statement));
  const [known, kept] = [statements(before), statements(after)];
  const added = after.filter(({ statement }) => !known.has(statement));
  const lost = before.filter(({ statement }) => !kept.has(statement));
  return `${HEADING}\n\n${printSections(added)}${printLost(lost)}`;
}
