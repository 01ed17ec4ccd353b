import type { JWTPayload } from 'jose';
import type { MoreClaims } from './access-token.ts';
import type { SessionPool } from './session-pool.ts';

interface UserRow {
  readonly app_metadata: object | null;
  readonly user_metadata: object | null;
  readonly is_anonymous: boolean;
  readonly phone: string | null;
}

const QUERY = `
  select raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, is_anonymous, phone
  from auth.users where id = $1`;

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The claims that Supabase Auth puts into a user's token and lite leaves out. */
export function userClaims(database: SessionPool, issuer: string): MoreClaims {
  return async ({ sub }: JWTPayload) => {
    const [user] = (await database.run<UserRow>(QUERY, [sub ?? null])).rows;
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
