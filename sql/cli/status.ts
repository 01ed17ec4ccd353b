/** Which migrations a database has and which it lacks. */
import { listApplied } from './bookkeeping.ts';
import { withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR } from './migration-files.ts';

export interface MigrationStatus {
  readonly name: string;
  /** `missing`: the database has it, but its file is gone. */
  readonly state: 'applied' | 'pending' | 'missing';
  readonly appliedAt: Date | null;
}

/** Every migration of the folder and of the database, in order. */
export async function readStatus(url: string, dir = MIGRATIONS_DIR): Promise<MigrationStatus[]> {
  const files = new Set((await listMigrations(dir)).map(({ name }) => name));
  const applied = await withClient(url, listApplied);
  const appliedAt = new Map(applied.map((row) => [row.name, row.appliedAt]));
  return [...new Set([...files, ...appliedAt.keys()])].sort().map((name) => {
    const at = appliedAt.get(name) ?? null;
    const state = at === null ? 'pending' : files.has(name) ? 'applied' : 'missing';
    return { name, state, appliedAt: at };
  });
}
