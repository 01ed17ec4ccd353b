/** The migrations on disk: `migrations/<version>_<title>.sql`, and what undoes each in `rollbacks/` beside it. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './connection.ts';
import { showPath } from './show-path.ts';

/** Where the product's migrations live; `supabase/migrations` is a link to it. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../migrations', import.meta.url));

/** A version is a time, `YYYYMMDDHHMMSS`: with one length for all, order by name is order by time. */
const FILE_NAME = /^(\d{14})_([a-z0-9]+(?:_[a-z0-9]+)*)\.sql$/;

export type Direction = 'up' | 'down';

export interface MigrationFile {
  /** What the database's record knows it by. */
  readonly version: string;
  /** What follows the version in its name. */
  readonly title: string;
  /** `<version>_<title>`: the name of both files, without `.sql`. */
  readonly name: string;
  readonly paths: Readonly<Record<Direction, string>>;
}

/** What belongs to a folder of migrations lies beside it; `dir` may be a link to that folder. */
export async function besideMigrations(dir: string, name: string): Promise<string> {
  return join(dirname(await realpath(dir)), name);
}

async function listSqlFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error) => {
    throw new UserError(`Cannot read the folder ${showPath(dir)}: ${error.code ?? error.message}`);
  });
  return entries.filter((e) => !e.isDirectory() && e.name.endsWith('.sql')).map((e) => e.name);
}

async function listNames(dir: string): Promise<string[]> {
  const files = await listSqlFiles(dir);
  const misnamed = files.find((file) => !FILE_NAME.test(file));
  if (misnamed) {
    const path = showPath(join(dir, misnamed));
    throw new UserError(
      `${path} is not named like a migration: <YYYYMMDDHHMMSS>_<lower_case_words>.sql`,
    );
  }
  return files.map((file) => file.slice(0, -'.sql'.length)).sort();
}

function refuseSameVersion(files: MigrationFile[]): void {
  files.forEach(({ version, name }, index) => {
    const previous = files[index - 1];
    if (previous?.version === version) {
      throw new UserError(`${previous.name} and ${name} have the same version; rename one of them`);
    }
  });
}

function refuseUnpaired(files: MigrationFile[], rollbacks: string[], dir: string): void {
  const undone = new Set(rollbacks);
  const unpaired = files.find(({ name }) => !undone.delete(name));
  if (unpaired) {
    const { up, down } = unpaired.paths;
    throw new UserError(`${showPath(down)} is missing: it is to undo ${showPath(up)}`);
  }
  const [stray] = undone;
  if (stray) {
    const path = showPath(join(dir, `${stray}.sql`));
    throw new UserError(`${path} has nothing to undo: there is no migration of that name`);
  }
}

/** The pair of files that a migration of that name consists of, whether they exist or not. */
export function pairOf(version: string, title: string, dirs: Record<Direction, string>) {
  const name = `${version}_${title}`;
  const paths = { up: join(dirs.up, `${name}.sql`), down: join(dirs.down, `${name}.sql`) };
  return { version, title, name, paths } satisfies MigrationFile;
}

/**
 * Lists the migrations of a folder in the order in which they apply.
 *
 * @throws UserError when a file is misnamed, two share a version, or a migration lacks its rollback
 * or a rollback its migration
 */
export async function listMigrations(dir: string = MIGRATIONS_DIR): Promise<MigrationFile[]> {
  const names = await listNames(dir);
  const rollbacks = await besideMigrations(dir, 'rollbacks');
  const files = names.map((name) =>
    pairOf(name.slice(0, 14), name.slice(15), { up: dir, down: rollbacks }),
  );
  refuseSameVersion(files);
  refuseUnpaired(files, await listNames(rollbacks), rollbacks);
  return files;
}

/** The SQL of one half of a migration. */
export function readMigration(file: MigrationFile, direction: Direction): Promise<string> {
  return readFile(file.paths[direction], 'utf8');
}

/** What Supabase's CLI cuts off the statements that it records, and what a checksum must not depend on. */
export const CUT_OFF = ' \t\n\r\f;';

/** Identifies the text of a migration, whatever line ends a checkout gave it and however it was split. */
export async function checksumOf(file: MigrationFile): Promise<string> {
  const kept = (await readMigration(file, 'up')).replaceAll(new RegExp(`[${CUT_OFF}]`, 'g'), '');
  return createHash('sha256').update(kept).digest('hex');
}
