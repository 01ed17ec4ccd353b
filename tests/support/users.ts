/** Accounts in a test database, made the way the auth server makes them. */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';

export interface NewUser {
  readonly email?: string;
  /** Sent as sign-up metadata. */
  readonly username?: string;
  readonly role?: 'user' | 'moderator' | 'admin';
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface TestUser {
  readonly id: string;
  readonly email: string;
}

/**
 * Inserts into `auth.users` as the auth server's own role, so that the product's triggers run with
 * the rights that they have in production.
 *
 * @param superuser a connection that may take on any role
 */
export async function createUser(superuser: Sql, options: NewUser): Promise<TestUser> {
  const id = randomUUID();
  const email = options.email ?? `user-${id.slice(0, 8)}@example.com`;
  const metadata = { ...(options.username && { username: options.username }), ...options.metadata };
  await superuser.begin(async (sql) => {
    await sql`set local role supabase_auth_admin`;
    await sql`insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data, created_at, updated_at)
      values (${id}, ${email}, now(), ${sql.json(metadata as never)}, now(), now())`;
    await sql`set local role postgres`;
    if (options.role) await sql`update public.users set role = ${options.role} where id = ${id}`;
  });
  return { id, email };
}
