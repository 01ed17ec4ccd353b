/** The SQL that people write. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../lib/root.ts';
import { SCHEMA_FILE } from './generate-schema.ts';

export interface WrittenSql {
  /** In the repository. */
  readonly path: string;
  readonly sql: string;
}

/** Reads every SQL file of the repository that is neither generated nor installed, in the order of their paths. */
export async function readWrittenSql(): Promise<WrittenSql[]> {
  const exclude = ['node_modules/**', '.streambed/**', SCHEMA_FILE];
  const paths = (await Array.fromAsync(glob('**/*.sql', { cwd: ROOT, exclude }))).sort();
  return Promise.all(
    paths.map(async (path) => ({ path, sql: await readFile(join(ROOT, path), 'utf8') })),
  );
}
