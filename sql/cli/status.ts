/** Which migrations a database has and which it lacks. */
import { type AppliedMigration, listApplied, readChecksums } from './bookkeeping.ts';
import { withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR } from './migration-files.ts';
import { findEdited } from './plan.ts';

export interface MigrationStatus {
  readonly name: string;
  /** `edited`: applied, but its file has changed since. `missing`: applied, but its file is gone. */
  readonly state: 'applied' | 'pending' | 'edited' | 'missing';
  /** Null also for what another tool applied, whose record has no time. */
  readonly appliedAt: Date | null;
  /** False when the text that was applied is not recorded: then an edit does not show. */
  readonly recorded: boolean;
}

/** What the database says of its migrations. */
interface Applied {
  readonly records: ReadonlyMap<string, AppliedMigration>;
  readonly checksums: ReadonlyMap<string, string>;
}

function readApplied(url: string): Promise<Applied> {
  return withClient(url, async (client) => {
    const applied = await listApplied(client);
    const records = new Map(applied.map((migration) => [migration.version, migration]));
    return { records, checksums: await readChecksums(client) };
  });
}

/** Every migration of the folder and of the database, in order. */
export async function readStatus(url: string, dir = MIGRATIONS_DIR): Promise<MigrationStatus[]> {
  const files = await listMigrations(dir);
  const { records, checksums } = await readApplied(url);
  const known = new Map(files.map(({ version, name }) => [version, name]));
  const edited = new Set(await findEdited(files, checksums));
  const stateOf = (version: string) => {
    if (!records.has(version)) return 'pending';
    const name = known.get(version);
    if (!name) return 'missing';
    return edited.has(name) ? 'edited' : 'applied';
  };
  return [...new Set([...known.keys(), ...records.keys()])].sort().map((version) => ({
    name: known.get(version) ?? records.get(version)?.name ?? version,
    state: stateOf(version),
    appliedAt: records.get(version)?.appliedAt ?? null,
    recorded: checksums.has(version),
  }));
}
