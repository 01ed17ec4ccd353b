/** `npm run admin:grant -- EMAIL [--url URL]`: makes a user an admin; the way to the first one. */
import { parseArgs } from 'node:util';
import { ownerDatabaseUrl } from '../lib/database-url.ts';
import { describeTarget, UserError, withClient } from '../sql/cli/connection.ts';

const USAGE = `npm run admin:grant -- EMAIL [--url URL]

Makes the user with this e-mail address an admin.
  --url URL    the database as role postgres; else DATABASE_URL, else the local stack's`;

interface Wish {
  readonly email: string;
  readonly url: string;
}

function readWish(): Wish {
  const { values, positionals } = parseArgs({
    options: { url: { type: 'string' } },
    allowPositionals: true,
  });
  const [email, ...others] = positionals;
  if (!email || others.length > 0) throw new UserError(USAGE);
  return { email, url: values.url || ownerDatabaseUrl(process.env) };
}

async function grantAdmin({ email, url }: Wish): Promise<void> {
  await withClient(url, (client) => client.query('select private.grant_admin($1)', [email]));
  console.log(`${email} is an admin now (${describeTarget(url)}).`);
}

function describeFailure(error: unknown): string {
  const { message, hint } = error as Error & { hint?: string };
  return hint ? `${message} ${hint}` : message;
}

try {
  await grantAdmin(readWish());
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
