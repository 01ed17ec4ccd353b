/** `npm run gen:schema`: writes `sql/schema.sql` from the migrations in this checkout. */
import { generateSchema, SCHEMA_FILE } from './generate-schema.ts';
import { writeGenerated } from './write-generated.ts';

await writeGenerated(SCHEMA_FILE, async (databases) => generateSchema(await databases.embedded()));
