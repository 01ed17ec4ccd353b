/** Takes a database back to a fresh, seeded state. */
import { describeTarget, isLoopback, UserError } from './connection.ts';
import { type MigrateOptions, migrateDown, migrateUp } from './migrations.ts';
import { runSeed } from './seed.ts';

/**
 * Reverts every migration, applies every one and seeds.
 *
 * @param confirmed without it only a database on this machine is reset
 * @throws UserError for a database elsewhere that was not confirmed; SqlFileError as `migrateUp`
 */
export async function resetDatabase(options: MigrateOptions, confirmed: boolean): Promise<void> {
  if (!confirmed && !isLoopback(options.url)) {
    throw new UserError(
      `This would delete all of Streambed's data in ${describeTarget(options.url)}; add --yes if that is what you want`,
    );
  }
  await migrateDown({ ...options, target: { all: true } });
  await migrateUp(options);
  if (await runSeed(options.url, options.dir)) options.log?.('seeded');
}
