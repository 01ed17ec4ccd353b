/** Who a token or an API key stands for. */
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import type { StackKeys } from '../keys.ts';

export interface Claims extends JWTPayload {
  readonly role: string;
}

/** A refusal in the words of Supabase Realtime: a code, and a message for people. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const REQUIRED_CLAIMS = 'Fields `role` and `exp` are required in JWT';

function explain(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) {
    const expiredFor = Math.max(0, Math.floor(Date.now() / 1_000) - Number(error.payload.exp));
    return new Refusal('InvalidJWTToken', `Token has expired ${expiredFor} seconds ago`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new Refusal('JwtSignatureError', 'Failed to validate JWT signature');
  }
  return new Refusal('MalformedJWT', 'The token provided is not a valid JWT');
}

export class Identities {
  readonly #keys: StackKeys;
  readonly #jwtSecret: Uint8Array;

  constructor(keys: StackKeys) {
    this.#keys = keys;
    this.#jwtSecret = new TextEncoder().encode(keys.jwtSecret);
  }

  /**
   * The claims of an access token, or of an API key in its place.
   * @throws Refusal for any other text, an expired token, or one without role or expiry
   */
  async claimsOf(token: string): Promise<Claims> {
    if (token === this.#keys.publishable) return { role: 'anon' };
    if (token === this.#keys.secret) return { role: 'service_role' };
    const claims = await this.#verify(token);
    if (typeof claims.role !== 'string' || typeof claims.exp !== 'number') {
      throw new Refusal('InvalidJWTToken', REQUIRED_CLAIMS);
    }
    return claims as Claims;
  }

  /** Whether this `apikey` opens a connection: one of the two keys, or a legacy JWT key. */
  async opens(apikey: string | null | undefined): Promise<boolean> {
    if (!apikey) return false;
    const role = await this.claimsOf(apikey).then(
      (claims) => claims.role,
      () => null,
    );
    return role !== null;
  }

  async #verify(token: string): Promise<JWTPayload> {
    try {
      const verified = await jwtVerify(token, this.#jwtSecret, { algorithms: ['HS256'] });
      parseBoundedJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
      return verified.payload;
    } catch (error) {
      throw explain(error);
    }
  }
}
