/** Which migrations a database has and which it lacks. */
import { type AppliedMigration, listApplied } from './bookkeeping.ts';
import { withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR } from './migration-files.ts';
import { findEdited } from './plan.ts';

export interface MigrationStatus {
  readonly name: string;
  /** `edited`: applied, but its file has changed since. `missing`: applied, but its file is gone. */
  readonly state: 'applied' | 'pending' | 'edited' | 'missing';
  /** Null also for what another tool applied, whose record has no time. */
  readonly appliedAt: Date | null;
  /** Null when it is not applied, and when the text that was applied is not recorded: an edit would not show. */
  readonly checksum: string | null;
}

/** Every migration of the folder and of the database, in order. */
export async function readStatus(url: string, dir = MIGRATIONS_DIR): Promise<MigrationStatus[]> {
  const files = await listMigrations(dir);
  const applied = await withClient(url, listApplied);
  const names = new Map([...applied, ...files].map(({ version, name }) => [version, name]));
  const known = new Set(files.map(({ version }) => version));
  const edited = new Set(await findEdited(files, applied));
  const records = new Map(applied.map((migration) => [migration.version, migration]));
  const stateOf = (version: string, name: string, record: AppliedMigration | undefined) => {
    if (!record) return 'pending';
    if (!known.has(version)) return 'missing';
    return edited.has(name) ? 'edited' : 'applied';
  };
  return [...names].sort().map(([version, name]) => {
    const record = records.get(version);
    const { appliedAt = null, checksum = null } = record ?? {};
    return { name, state: stateOf(version, name, record), appliedAt, checksum };
  });
}
