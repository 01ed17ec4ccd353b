/** Migrating a database up and down; what the stack, the tests and the commands use. */
import { ensureBookkeeping, listApplied } from './bookkeeping.ts';
import { withClient } from './connection.ts';
import { listMigrations, MIGRATIONS_DIR } from './migration-files.ts';
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
  return withClient(url, async (client) =>
    namesOf(findPending(files, namesOf(await listApplied(client)))),
  );
}

/**
 * Applies what is pending, each file in a transaction of its own. Of two runners at once one waits,
 * and each file is applied once.
 *
 * @returns the names that this run applied
 * @throws SqlFileError naming file and line of a file that Postgres refuses; those before it stay
 */
export async function migrateUp({ url, log, dir = MIGRATIONS_DIR }: MigrateOptions) {
  const files = await listMigrations(dir);
  return withClient(url, async (client) => {
    await ensureBookkeeping(client);
    for (const name of await findEdited(files, await listApplied(client))) {
      log?.(`warning: ${name} was edited after it was applied; \`npm run db:reset\` starts over`);
    }
    const tracked = trackProgress(client);
    const done: string[] = [];
    for (;;) {
      const applied = namesOf(await listApplied(client));
      const [next] = findPending(files, applied);
      if (!next) return done;
      const { applyMigration } = await import('./apply.ts'); // 100 ms that a warm start can spare
      if (!(await applyMigration(tracked, next, 'up', applied.at(-1)))) continue;
      log?.(`applied ${next.name}`);
      done.push(next.name);
    }
  });
}

/**
 * Reverts the last migration, those after one, or all, newest first.
 *
 * @param options.target default: the last one only
 * @returns the names that this run reverted
 * @throws SqlFileError as `migrateUp`; UserError when the target is not applied
 */
export async function migrateDown({
  url,
  log,
  dir = MIGRATIONS_DIR,
  target = { last: true },
}: MigrateOptions & { readonly target?: DownTarget }) {
  const files = await listMigrations(dir);
  return withClient(url, async (client) => {
    const tracked = trackProgress(client);
    const { applyMigration } = await import('./apply.ts');
    const done: string[] = [];
    for (const file of findReverts(files, namesOf(await listApplied(client)), target)) {
      if (await applyMigration(tracked, file, 'down', file.name)) {
        log?.(`reverted ${file.name}`);
        done.push(file.name);
      }
    }
    return done;
  });
}
