/** The database commands; `npm run db:*` calls them. */
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { UserError } from './connection.ts';
import { createMigration } from './create.ts';
import { checkHealth } from './health.ts';
import { migrateDown, migrateUp } from './migrations.ts';
import { formatHealth, formatStatus } from './print.ts';
import { resetDatabase } from './reset.ts';
import { runSeed } from './seed.ts';
import { readStatus } from './status.ts';

const log = (line: string) => console.log(line);

async function migrate({ url, dir, seed }: Arguments): Promise<number> {
  const applied = await migrateUp({ url, log, ...(dir && { dir }) });
  if (applied.length === 0) log('Nothing is pending.');
  if (seed && (await runSeed(url, dir))) log('seeded');
  return 0;
}

async function rollback({ url, dir, to }: Arguments): Promise<number> {
  const target = to === undefined ? { last: true as const } : { to };
  const reverted = await migrateDown({ url, log, target, ...(dir && { dir }) });
  if (reverted.length === 0) log('There is nothing to roll back.');
  return 0;
}

async function status({ url, dir, json }: Arguments): Promise<number> {
  const migrations = await readStatus(url, dir);
  log(json ? JSON.stringify(migrations, null, 2) : formatStatus(migrations));
  return migrations.every(({ state }) => state === 'applied') ? 0 : 1;
}

async function create({ name, dir }: Arguments): Promise<number> {
  if (!name) throw new UserError('Name the migration: npm run db:create -- add_something');
  const { paths } = await createMigration(name, dir);
  log(`${paths.up}\n${paths.down}`);
  return 0;
}

async function reset({ url, dir, yes }: Arguments): Promise<number> {
  await resetDatabase({ url, log, ...(dir && { dir }) }, yes);
  return 0;
}

async function health({ url, dir, json }: Arguments): Promise<number> {
  const report = await checkHealth(url, dir);
  log(json ? JSON.stringify(report, null, 2) : formatHealth(report));
  return report.healthy ? 0 : 1;
}

const COMMANDS = new Map([
  ['migrate', migrate],
  ['rollback', rollback],
  ['status', status],
  ['create', create],
  ['reset', reset],
  ['health', health],
]);

async function run(argv: string[]): Promise<number> {
  const args = readArguments(argv, process.env);
  const command = COMMANDS.get(args.command);
  if (!command) throw new UserError(`There is no command "${args.command}".\n\n${USAGE}`);
  return command(args);
}

/** A stack trace is for our own mistakes only, not for what a user or Postgres said. */
function describeFailure(error: unknown): unknown {
  if (error instanceof UserError) return error.message;
  if (error instanceof Error && 'severity' in error) return `Postgres refused: ${error.message}`;
  return error;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 2;
}
