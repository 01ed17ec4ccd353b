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
export function findPending(files: MigrationFile[], applied: AppliedMigration[]): MigrationFile[] {
  const known = new Set(files.map(({ version }) => version));
  const missing = applied.find(({ version }) => !known.has(version));
  if (missing) {
    throw new UserError(
      `The database has ${missing.name}, but its file is gone: check out the commit that has it, or begin with an empty database (on this machine \`npm start -- --reset\`)`,
    );
  }
  const has = new Set(applied.map(({ version }) => version));
  const pending = files.filter(({ version }) => !has.has(version));
  const newest = applied.at(-1);
  const late = pending.find(({ version }) => newest && version < newest.version);
  if (late) {
    throw new UserError(
      `${late.name} is pending but older than ${newest?.name}, which is applied: give it a newer version, or roll back to before it`,
    );
  }
  return pending;
}

/** The names of the applied migrations whose files were edited since, as far as the record tells. */
export async function findEdited(
  files: MigrationFile[],
  checksums: ReadonlyMap<string, string>,
): Promise<string[]> {
  const edited: string[] = [];
  for (const file of files) {
    const checksum = checksums.get(file.version);
    if (checksum && checksum !== (await checksumOf(file))) edited.push(file.name);
  }
  return edited;
}

/** How far `migrateDown` goes; `to` is the name or the version of the last one to keep. */
export type DownTarget = { to: string } | { all: true } | { last: true };

/**
 * The applied migrations to revert, newest first.
 *
 * @throws UserError when the target is not applied, or a file is gone
 */
export function findReverts(
  files: MigrationFile[],
  applied: AppliedMigration[],
  target: DownTarget,
): MigrationFile[] {
  const byVersion = new Map(files.map((file) => [file.version, file]));
  return selectReverts(applied, target)
    .toReversed()
    .map(({ version, name }) => {
      const file = byVersion.get(version);
      if (file) return file;
      throw new UserError(
        `Cannot roll back ${name}: its file is gone; check out the commit that has it`,
      );
    });
}

function selectReverts(applied: AppliedMigration[], target: DownTarget): AppliedMigration[] {
  if ('all' in target) return applied;
  if ('last' in target) return applied.slice(-1);
  const kept = applied.findIndex(({ version, name }) => [version, name].includes(target.to));
  if (kept >= 0) return applied.slice(kept + 1);
  throw new UserError(
    `${target.to} is not an applied migration; \`npm run db:status\` lists those that are`,
  );
}
