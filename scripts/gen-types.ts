/** `npm run gen:types`: writes `types/database.ts` from the migrations in this checkout. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MigratedDatabases } from './checks/databases.ts';
import { generateTypes, TYPES_FILE } from './generate-types.ts';

const { values } = parseArgs({ options: { url: { type: 'string' } } });
const databases = new MigratedDatabases();
try {
  const url = values.url ?? (await databases.embedded()).url;
  writeFileSync(TYPES_FILE, await generateTypes(url));
  console.log(`wrote ${TYPES_FILE}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await databases.stop();
}
