import { decodeJwt, type JWTPayload, jwtVerify, SignJWT } from 'jose';

/** Names the one local signing key, also in `SUPABASE_JWKS`. */
export const KEY_ID = 'local';

/** Claims to add to a user's token before it is signed. */
export type MoreClaims = (claims: JWTPayload) => Promise<JWTPayload>;

/**
 * Completes the user tokens that lite signs: `@supabase/server` refuses a token without a key id,
 * and lite never sets one. Tokens without a role are left alone: they are storage's signed URLs,
 * which share the secret and must not pass as user tokens.
 *
 * lite offers no way in, so jose's own class, which it shares with us, is changed.
 */
export function completeUserTokens(moreClaims: MoreClaims): void {
  const sign = SignJWT.prototype.sign;
  SignJWT.prototype.sign = async function (this: SignJWT, key, options) {
    const token = await sign.call(this, key, options);
    const claims = decodeJwt(token);
    if (!claims.role) return token;
    const complete = new SignJWT({ ...(await moreClaims(claims)), ...claims });
    complete.setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: KEY_ID });
    return sign.call(complete, key, options);
  };
}

/** Checks tokens against the local secret. */
export class TokenVerifier {
  readonly #key: Uint8Array;

  constructor(jwtSecret: string) {
    this.#key = new TextEncoder().encode(jwtSecret);
  }

  /** The claims of a valid token, or null for anything else. */
  async verify(token: string): Promise<JWTPayload | null> {
    if (token.split('.').length !== 3) return null;
    try {
      return (await jwtVerify(token, this.#key, { algorithms: ['HS256'] })).payload;
    } catch {
      return null;
    }
  }
}

/** The token of an `Authorization: Bearer …` header, or undefined. */
export function bearerToken(authorization: string | null | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
}

/**
 * True for a JWT that names no role, such as that of a signed storage URL: it shares the secret with
 * access tokens and must not pass as one.
 */
export function namesNoRole(token: string | undefined): boolean {
  if (token?.split('.').length !== 3) return false;
  try {
    return !decodeJwt(token).role;
  } catch {
    return false; // not a JWT at all: each service refuses it in its own words
  }
}
