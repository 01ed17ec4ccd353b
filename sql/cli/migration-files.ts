/** The migrations on disk: `migrations/<timestamp>_<name>.sql`, and what undoes each in `rollbacks/`. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './connection.ts';

/** Where the product's migrations live. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../migrations', import.meta.url));

/** Fourteen digits, `YYYYMMDDHHMMSS`: with one length for all, order by name is order by time. */
const FILE_NAME = /^(\d{14}_[a-z0-9]+(?:_[a-z0-9]+)*)\.sql$/;

export type Direction = 'up' | 'down';

export interface MigrationFile {
  /** The pair's name without `.up.sql`, as recorded in the database. */
  readonly name: string;
  readonly paths: Readonly<Record<Direction, string>>;
}

async function listSqlFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error) => {
    throw new UserError(`Cannot read the migrations folder ${dir}: ${error.code ?? error.message}`);
  });
  return entries.filter((e) => !e.isDirectory() && e.name.endsWith('.sql')).map((e) => e.name);
}

function refuseSameTimestamp(names: string[]): void {
  names.forEach((name, index) => {
    const previous = names[index - 1];
    if (previous?.slice(0, 14) === name.slice(0, 14)) {
      throw new UserError(`${previous} and ${name} have the same timestamp; rename one of them`);
    }
  });
}

/**
 * Lists the migrations of a folder in the order in which they apply.
 *
 * @throws UserError when a file is misnamed, a pair lacks a half, or two share a timestamp
 */
export async function listMigrations(dir: string = MIGRATIONS_DIR): Promise<MigrationFile[]> {
  const rollbacks = join(dir, '..', 'rollbacks');
  const names = (await listSqlFiles(dir)).map((file) => {
    const [, name] = FILE_NAME.exec(file) ?? [];
    if (name) return name;
    throw new UserError(`${file} is not named like a migration: <YYYYMMDDHHMMSS>_<name>.sql`);
  });
  names.sort();
  refuseSameTimestamp(names);
  return names.map((name) => ({
    name,
    paths: { up: join(dir, `${name}.sql`), down: join(rollbacks, `${name}.sql`) },
  }));
}

/** The SQL of one half of a migration. */
export function readMigration(file: MigrationFile, direction: Direction): Promise<string> {
  return readFile(file.paths[direction], 'utf8');
}

/** Identifies the content of an up file, whatever line ends a checkout gave it. */
export async function checksumOf(file: MigrationFile): Promise<string> {
  const sql = await readMigration(file, 'up');
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
