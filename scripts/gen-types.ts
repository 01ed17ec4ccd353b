/** `npm run gen:types`: writes `types/database.ts` from the migrations in this checkout. */
import { parseArgs } from 'node:util';
import { generateTypes, TYPES_FILE } from './generate-types.ts';
import { writeGenerated } from './write-generated.ts';

const { values } = parseArgs({ options: { url: { type: 'string' } } });

await writeGenerated(TYPES_FILE, async (databases) =>
  generateTypes(values.url ?? (await databases.embedded()).url),
);
