/** The list of errors, as it belongs into `docs/errors.md`. */
import { ERRORS } from '../functions/_shared/errors.ts';
import { printErrors } from './errors/print.ts';
import { type CatalogueEntry, readErrorSources } from './errors/read.ts';

/** Where the list is kept. */
export const ERRORS_FILE = 'docs/errors.md';

/** What edge functions answer by themselves, in the form of the database's catalogue. */
export const ANSWERED_BY_FUNCTIONS: readonly CatalogueEntry[] = Object.entries(ERRORS).map(
  ([code, { status, hint }]) => ({ code, domain: 'edge functions', status, hint }),
);

/**
 * @param url a migrated database, as `postgres`
 * @returns the file's content
 */
export async function generateErrors(url: string): Promise<string> {
  return printErrors(await readErrorSources(url), ANSWERED_BY_FUNCTIONS);
}
