/** Acting on a database as the API acts for a client: its role, its claims, one transaction. */
import type { Sql, TransactionSql } from 'postgres';

export type Work<T> = (sql: TransactionSql) => Promise<T> | T;

/** Who a request comes from. */
export type Actor =
  | { readonly role: 'anon' | 'service_role' }
  | {
      readonly role: 'authenticated';
      readonly userId: string;
      /** Further claims of the access token, `session_id` for one. */
      readonly claims?: Readonly<Record<string, unknown>>;
    };

function claimsOf(actor: Actor): Record<string, unknown> {
  if (actor.role !== 'authenticated') return { role: actor.role };
  return { role: actor.role, aud: actor.role, sub: actor.userId, ...actor.claims };
}

/**
 * Runs `work` in one transaction as the actor; commits unless it throws.
 *
 * @param sql connected as `authenticator`, as the API is, so that `session_user` is true to life
 * @param actor whose role and claims to take on
 * @param headers what the request's headers are, in lower case
 */
export async function actAs<T>(
  sql: Sql,
  actor: Actor,
  work: Work<T>,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const claims = claimsOf(actor);
  return (await sql.begin(async (transaction) => {
    await transaction`
      select set_config('role', ${actor.role}, true),
        set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
        set_config('request.jwt.claim.sub', ${String(claims.sub ?? '')}, true),
        set_config('request.jwt.claim.role', ${actor.role}, true),
        set_config('request.headers', ${JSON.stringify(headers)}, true)`;
    return work(transaction);
  })) as T;
}
