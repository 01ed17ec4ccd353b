/** Writes a new, empty migration and its rollback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { UserError } from './connection.ts';
import {
  besideMigrations,
  listMigrations,
  MIGRATIONS_DIR,
  type MigrationFile,
  pairOf,
} from './migration-files.ts';

function timestamp(date: Date): string {
  return date.toISOString().replace(/\D/g, '').slice(0, 14);
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** Now, or a second after the newest migration where that is dated ahead of the clock. */
function nextVersion(newest: string): string {
  const now = timestamp(new Date());
  if (now > newest) return now;
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at, index) =>
    Number(newest.slice(at, index === 0 ? 4 : at + 2)),
  ) as [number, number, number, number, number, number];
  return timestamp(new Date(Date.UTC(year, month - 1, day, hour, minute, second + 1)));
}

/**
 * Creates `<version>_<title>.sql` in the folder and in `rollbacks/` beside it, newer than every
 * existing migration.
 *
 * @param title any words; they become `lower_snake_case`
 * @throws UserError when nothing remains of the title
 */
export async function createMigration(title: string, dir = MIGRATIONS_DIR): Promise<MigrationFile> {
  const words = slug(title);
  if (!words) throw new UserError(`"${title}" has no letter or digit to name a migration by`);
  await mkdir(dir, { recursive: true });
  const rollbacks = await besideMigrations(dir, 'rollbacks');
  await mkdir(rollbacks, { recursive: true });
  const newest = (await listMigrations(dir)).at(-1)?.version ?? '';
  const file = pairOf(nextVersion(newest), words, { up: dir, down: rollbacks });
  const heading = words.replaceAll('_', ' ');
  await writeFile(file.paths.up, `-- ${heading}\n\n`, { flag: 'wx' });
  await writeFile(file.paths.down, `-- undo: ${heading}\n\n`, { flag: 'wx' });
  return file;
}
