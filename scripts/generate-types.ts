/** The TypeScript types of the schema, as they belong into `types/database.ts`. */
import { runCommand } from './run-command.ts';
import { printTypes } from './types/print.ts';
import { readSchema } from './types/schema.ts';

/** Where the types are kept. */
export const TYPES_FILE = 'types/database.ts';

async function format(source: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(
    'biome',
    ['format', '--stdin-file-path=types/generated.ts'],
    { input: source },
  );
  if (code !== 0) throw new Error(`biome could not format the generated types:\n${stderr}`);
  return stdout;
}

/**
 * Generates the types from a migrated database: those of `supabase gen types`, with the database's
 * comments as doc comments. Our own generator, because the CLI runs its own in Docker.
 *
 * @param url the database, as `postgres`
 * @returns the file's content
 * @throws Error when the database cannot be read, or a function cannot be called through the API
 */
export async function generateTypes(url: string): Promise<string> {
  return format(printTypes(await readSchema(url)));
}
