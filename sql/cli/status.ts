/** Which migrations a database has and which it lacks. */
import { type AppliedMigration, listApplied } from './bookkeeping.ts';
import { withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR } from './migration-files.ts';
import { findEdited } from './plan.ts';

export interface MigrationStatus {
  readonly name: string;
  /** `edited`: applied, but its file has changed since. `missing`: applied, but its file is gone. */
  readonly state: 'applied' | 'pending' | 'edited' | 'missing';
  readonly appliedAt: Date | null;
}

/** Every migration of the folder and of the database, in order. */
export async function readStatus(url: string, dir = MIGRATIONS_DIR): Promise<MigrationStatus[]> {
  const files = await listMigrations(dir);
  const applied = await withClient(url, listApplied);
  const known = new Set(files.map(({ name }) => name));
  const edited = new Set(await findEdited(files, applied));
  const byName = new Map(applied.map((migration) => [migration.name, migration]));
  const stateOf = (name: string, record: AppliedMigration | undefined) => {
    if (!record) return 'pending';
    if (!known.has(name)) return 'missing';
    return edited.has(name) ? 'edited' : 'applied';
  };
  return [...new Set([...known, ...byName.keys()])].sort().map((name) => {
    const record = byName.get(name);
    return { name, state: stateOf(name, record), appliedAt: record?.appliedAt ?? null };
  });
}
