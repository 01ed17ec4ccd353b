/** `npm run gen`: writes what is made from the migrations in this checkout. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/root.ts';
import { MigratedDatabases } from './checks/databases.ts';
import { GENERATED } from './generated.ts';

const databases = new MigratedDatabases();
try {
  const database = await databases.embedded();
  for (const { file, generate } of GENERATED) {
    writeFileSync(join(ROOT, file), await generate(database));
    console.log(`wrote ${file}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await databases.stop();
}
