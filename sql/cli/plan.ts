/** What there is to apply or to revert, from the files and the database's record. */
import type { AppliedMigration } from './bookkeeping.ts';
import { UserError } from './connection.ts';
import { checksumOf, type MigrationFile } from './migration-files.ts';

/**
 * The migrations that the database lacks, in order.
 *
 * @throws UserError when one of them is older than one already applied, or when the database has
 * one whose file is gone: both mean that database and checkout have diverged
 */
export function findPending(files: MigrationFile[], applied: string[]): MigrationFile[] {
  const known = new Set(files.map(({ name }) => name));
  const missing = applied.find((name) => !known.has(name));
  if (missing) {
    throw new UserError(
      `The database has ${missing}, but its file is gone: check out the version that has it, or start over with \`npm run db:reset\``,
    );
  }
  const has = new Set(applied);
  const pending = files.filter(({ name }) => !has.has(name));
  const newest = applied.at(-1) ?? '';
  const late = pending.find(({ name }) => name < newest);
  if (late) {
    throw new UserError(
      `${late.name} is pending but older than ${newest}, which is applied: give it a newer timestamp, or roll back to before it`,
    );
  }
  return pending;
}

/** The names of the applied migrations whose files were edited since. */
export async function findEdited(
  files: MigrationFile[],
  applied: AppliedMigration[],
): Promise<string[]> {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const edited: string[] = [];
  for (const file of files) {
    const checksum = checksums.get(file.name);
    if (checksum && checksum !== (await checksumOf(file))) edited.push(file.name);
  }
  return edited;
}

/** How far `migrateDown` goes. */
export type DownTarget = { to: string } | { all: true } | { last: true };

/**
 * The applied migrations to revert, newest first.
 *
 * @throws UserError when the target is not applied, or a file is gone
 */
export function findReverts(
  files: MigrationFile[],
  applied: string[],
  target: DownTarget,
): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  return selectReverts(applied, target)
    .toReversed()
    .map((name) => {
      const file = byName.get(name);
      if (file) return file;
      throw new UserError(
        `Cannot roll back ${name}: its file is gone; check out the version that has it`,
      );
    });
}

function selectReverts(applied: string[], target: DownTarget): string[] {
  if ('all' in target) return applied;
  if ('last' in target) return applied.slice(-1);
  const kept = applied.indexOf(target.to);
  if (kept >= 0) return applied.slice(kept + 1);
  throw new UserError(
    `${target.to} is not an applied migration; \`npm run db:status\` lists those that are`,
  );
}
