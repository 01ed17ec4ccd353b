/** The schema that the migrations make, as it belongs into `sql/schema.sql`. */
import { readCatalogue, readDatedPartitions, readRows } from './catalogue/catalogue.ts';
import { printChanges } from './catalogue/print.ts';
import type { MigratedDatabase } from './checks/databases.ts';

/** Where the schema is kept. */
export const SCHEMA_FILE = 'sql/schema.sql';

/**
 * Prints what the migrations added to a database and took away from it, definitions and rows.
 *
 * @param database one that was migrated and not used since
 * @returns the file's content
 */
export async function generateSchema({ superuserUrl, before }: MigratedDatabase): Promise<string> {
  const isDated = await readDatedPartitions(superuserUrl);
  const after = [...(await readCatalogue(superuserUrl)), ...(await readRows(superuserUrl))];
  const lasting = (definition: (typeof after)[number]) => !isDated(definition);
  return printChanges(before.filter(lasting), after.filter(lasting));
}
