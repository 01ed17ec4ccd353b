/** The command line of `sql/cli/main.ts`. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ownerDatabaseUrl } from '../../lib/database-url.ts';
import { UserError } from './connection.ts';

export const USAGE = `Usage: node sql/cli/main.ts COMMAND [options]

  migrate [--seed]       apply what is pending (npm run db:migrate)
  rollback [--to NAME]   revert the last migration, or all after NAME (or version) (npm run db:rollback)
  status [--json]        list applied and pending; exit code 1 unless all are applied
  create NAME            write an empty migration and its rollback (npm run db:create -- NAME)
  reset [--yes]          revert all, apply all, seed; --yes for a database elsewhere
  health [--json]        connection, version, pending, sizes; exit code 1 when unhealthy

  --url URL              the database; else DATABASE_URL, else the local stack's
  --dir DIR              another folder of migrations, with rollbacks/ and seed.sql beside it`;

export interface Arguments {
  readonly command: string;
  readonly name: string | undefined;
  readonly url: string;
  readonly dir: string | undefined;
  readonly to: string | undefined;
  readonly seed: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

const OPTIONS = {
  url: { type: 'string' },
  dir: { type: 'string' },
  to: { type: 'string' },
  seed: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/**
 * Reads the command line.
 *
 * @param argv without `node` and the script
 * @param env what `ownerDatabaseUrl` reads
 * @throws UserError with the usage for an unknown option or no command
 */
export function readArguments(argv: string[], env: NodeJS.ProcessEnv): Arguments {
  const { values, positionals } = parse(argv);
  const [command, ...words] = positionals;
  if (!command) throw new UserError(USAGE);
  return {
    command,
    name: words.length > 0 ? words.join(' ') : undefined,
    url: values.url || ownerDatabaseUrl(env),
    dir: values.dir,
    to: values.to === undefined ? undefined : basename(values.to, '.sql'),
    seed: values.seed,
    yes: values.yes,
    json: values.json,
  };
}
