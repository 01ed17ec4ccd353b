/** The TypeScript types of the schema, as they belong into `types/database.ts`. */
import { join } from 'node:path';
import { ROOT } from '../stack/config.ts';
import { runCommand } from './run-command.ts';
import { runSupabase } from './supabase-cli.ts';

/** Where the types are kept. */
export const TYPES_FILE = join(ROOT, 'types', 'database.ts');

const HEADING =
  '/** The schema `public` as TypeScript: made by `npm run gen:types`, not by hand. */\n';

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
 * Generates the types from a migrated database.
 *
 * @param url the database, as `postgres`
 * @returns the file's content
 * @throws Error with the CLI's own words when it fails
 */
export async function generateTypes(url: string): Promise<string> {
  const { code, stdout, stderr } = await runSupabase(
    ['gen', 'types', 'typescript', '--schema=public'],
    url,
  );
  if (code !== 0 || !stdout.includes('export type Database')) {
    throw new Error(`supabase gen types failed (exit code ${code}):\n${stderr || stdout}`);
  }
  return format(HEADING + stdout);
}
