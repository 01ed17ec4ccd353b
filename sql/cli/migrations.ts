/** Migrating a database up and down; what the stack, the tests and the commands use. */
import type pg from 'pg';
import type { Applier } from './applier.ts';
import { ensureBookkeeping, listApplied, readChecksums } from './bookkeeping.ts';
import { UserError, withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR, type MigrationFile } from './migration-files.ts';
import { type DownTarget, findEdited, findPending, findReverts } from './plan.ts';
import { trackProgress } from './sql-client.ts';

export { runSeed } from './seed.ts';

export interface MigrateOptions {
  /** The database, as the role that is to own the objects: `postgres`, never a superuser. */
  readonly url: string;
  /** Receives a line per migration. */
  readonly log?: (line: string) => void;
  /** Another folder of migrations than the product's own. */
  readonly dir?: string;
}

const namesOf = (migrations: { name: string }[]) => migrations.map(({ name }) => name);

/** The names of the migrations that the database lacks, in order. */
export async function pendingMigrations(url: string, dir = MIGRATIONS_DIR): Promise<string[]> {
  const files = await listMigrations(dir);
  return withClient(url, async (client) => namesOf(findPending(files, await listApplied(client))));
}

/** 100 ms that a warm start can spare, so loaded when there is something to do. */
async function createApplier(client: pg.Client, { log }: MigrateOptions): Promise<Applier> {
  const module = await import('./applier.ts');
  return new module.Applier(trackProgress(client), log);
}

/**
 * Applies what is pending, each file in a transaction of its own. Of two runs at once one waits, and
 * each file is applied once; so it is beside Supabase's CLI, as far as that one waits.
 *
 * @returns the names that this run applied
 * @throws SqlFileError naming file and line of a file that Postgres refuses; those before it stay
 */
export async function migrateUp(options: MigrateOptions): Promise<string[]> {
  const { url, log, dir = MIGRATIONS_DIR } = options;
  const files = await listMigrations(dir);
  return withClient(url, async (client) => {
    await ensureBookkeeping(client);
    for (const name of await findEdited(files, await readChecksums(client))) {
      log?.(`warning: ${name} was edited after it was applied; \`npm run db:reset\` starts over`);
    }
    let applier: Applier | undefined;
    const done: string[] = [];
    for (;;) {
      const applied = await listApplied(client);
      const [next] = findPending(files, applied);
      if (!next) return done;
      applier ??= await createApplier(client, options);
      if (!(await applier.run(next, 'up', applied.at(-1)?.version ?? null))) continue;
      log?.(`applied ${next.name}`);
      done.push(next.name);
    }
  });
}

/** Refuses to go on when something newer than the file was applied since the run began. */
function refuseNewer(file: MigrationFile, newest: string | undefined): void {
  if (newest === undefined || newest <= file.version) return;
  throw new UserError(
    `${newest} was applied while ${file.name} was to be rolled back: look at \`npm run db:status\` and begin again`,
  );
}

/**
 * Reverts the last migration, those after one, or all, newest first.
 *
 * @param options.target default: the last one only
 * @returns the names that this run reverted
 * @throws SqlFileError as `migrateUp`; UserError when the target is not applied
 */
export async function migrateDown(
  options: MigrateOptions & { readonly target?: DownTarget },
): Promise<string[]> {
  const { url, log, dir = MIGRATIONS_DIR, target = { last: true } } = options;
  const files = await listMigrations(dir);
  return withClient(url, async (client) => {
    const reverts = findReverts(files, await listApplied(client), target);
    if (reverts.length === 0) return [];
    await ensureBookkeeping(client);
    const applier = await createApplier(client, options);
    const done: string[] = [];
    for (const file of reverts) {
      if (await applier.run(file, 'down', file.version)) {
        log?.(`reverted ${file.name}`);
        done.push(file.name);
      } else refuseNewer(file, (await listApplied(client)).at(-1)?.version);
    }
    return done;
  });
}
