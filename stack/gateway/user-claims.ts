import type { JWTPayload } from 'jose';
import type postgres from 'postgres';
import type { MoreClaims } from './access-token.ts';

interface UserRow {
  app_metadata: object | null;
  user_metadata: object | null;
  is_anonymous: boolean;
  phone: string | null;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The claims that Supabase Auth puts into a user's token and lite leaves out. */
export function userClaims(sql: postgres.Sql, issuer: string): MoreClaims {
  return async ({ sub }: JWTPayload) => {
    const [user] = await sql<UserRow[]>`
      select raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata,
        is_anonymous, phone
      from auth.users where id = ${sub ?? null}`;
    return {
      iss: issuer,
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: nowSeconds() }],
      app_metadata: user?.app_metadata ?? {},
      user_metadata: user?.user_metadata ?? {},
      is_anonymous: user?.is_anonymous ?? false,
      phone: user?.phone ?? '',
    };
  };
}
