/** Writes a file of the checkout that is made from the migrations. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/config.ts';
import { MigratedDatabases } from './checks/databases.ts';

/**
 * Generates the file and writes it; a failure is printed and becomes the exit code.
 *
 * @param file its path in the repository
 * @param generate makes its content, of migrated databases that are gone afterwards
 */
export async function writeGenerated(
  file: string,
  generate: (databases: MigratedDatabases) => Promise<string>,
): Promise<void> {
  const databases = new MigratedDatabases();
  try {
    writeFileSync(join(ROOT, file), await generate(databases));
    console.log(`wrote ${file}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await databases.stop();
  }
}
