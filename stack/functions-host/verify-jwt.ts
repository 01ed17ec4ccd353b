/** The check that Supabase makes in front of a function with `verify_jwt = true`. */
import { errors, jwtVerify } from 'jose';

/** The key that signs this project's access tokens, from `SUPABASE_JWKS`. */
function signingKey(): Uint8Array {
  const { keys } = JSON.parse(Deno.env.get('SUPABASE_JWKS') ?? '{"keys":[]}');
  const secret = keys[0]?.k;
  if (!secret) throw new Error('SUPABASE_JWKS holds no key to check access tokens with');
  const padded = secret.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

/**
 * Why the request may not pass, or null when it carries a valid token of this project. A token
 * without a role is none: storage signs its URLs with the same key.
 */
export async function findJwtProblem(request: Request): Promise<string | null> {
  const header = request.headers.get('authorization');
  if (!header) return 'The header "Authorization" is missing.';
  const token = /^Bearer (.+)$/i.exec(header)?.[1] ?? '';
  try {
    const { payload } = await jwtVerify(token, signingKey(), { algorithms: ['HS256'] });
    return typeof payload.role === 'string' ? null : 'The token is not an access token.';
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'The token has expired.';
    if (error instanceof errors.JOSEError) return 'The token is not valid.';
    throw error;
  }
}
