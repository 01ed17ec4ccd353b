/** Opens connections for the migration commands, to a laptop and to a hosted project alike. */
import pg from 'pg';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1', '']);

/** How these commands' sessions are told from others. */
export const APPLICATION_NAME = 'streambed-migrations';

/** A failure that is explained by its message alone; no stack trace helps the reader. */
export class UserError extends Error {
  override name = 'UserError';
}

function parseUrl(url: string): URL {
  try {
    const parsed = new URL(url);
    if (/^postgres(ql)?:$/.test(parsed.protocol)) return parsed;
  } catch {
    // falls through to the error below, which does not repeat a text that may hold a password
  }
  throw new UserError(
    'The database URL does not parse; it looks like postgres://user:password@host:5432/postgres ' +
      '(write special characters in the password percent-encoded)',
  );
}

/** Whether the URL names this machine. Throws a `UserError` when it is no Postgres URL. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.has(parseUrl(url).hostname);
}

/** The URL in a form that may be printed: who, where and which database, never the password. */
export function describeTarget(url: string): string {
  const { username, host, pathname } = parseUrl(url);
  return `${decodeURIComponent(username)}@${host}${pathname}`;
}

/**
 * The URL with `sslmode` read as libpq reads it, and `require` for every other machine: hosted
 * Supabase signs its certificate with a CA of its own, which plain node-postgres would refuse.
 */
function connectionString(url: string): string {
  const parsed = parseUrl(url);
  const mode = parsed.searchParams.get('sslmode') ?? (isLoopback(url) ? 'disable' : 'require');
  parsed.searchParams.set('sslmode', mode === 'no-verify' ? 'require' : mode); // libpq's word for it
  parsed.searchParams.set('uselibpqcompat', 'true');
  return parsed.href;
}

function explain(error: unknown, url: string): UserError {
  const { code, message } = error as { code?: string; message?: string };
  const reason = message || code || String(error);
  const hint = /does not support SSL/.test(reason)
    ? '; add ?sslmode=disable if it is meant to be reached without TLS'
    : code === 'ECONNREFUSED' && isLoopback(url)
      ? '; start the stack with `npm start`, or name a database with DATABASE_URL or --url'
      : '';
  return new UserError(`Cannot connect to ${describeTarget(url)}: ${reason}${hint}`);
}

/**
 * Connects, runs `work` and closes the connection.
 *
 * @param url a Postgres URL; `sslmode` has libpq's meaning and defaults to `require` off this machine
 * @param work receives the connected client
 * @returns what `work` returns
 * @throws UserError when the database cannot be reached; whatever `work` throws
 */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client({
    connectionString: connectionString(url),
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
  });
  client.on('error', () => {}); // a lost connection also rejects the query that waits for it
  try {
    await client.connect();
  } catch (error) {
    throw explain(error, url);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
