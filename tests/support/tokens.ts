/** Access tokens as this project's Auth signs them, and others. */
import { type JWTPayload, SignJWT } from 'jose';

export interface TokenOptions {
  readonly claims?: JWTPayload;
  readonly expiresIn?: string;
}

/** A token signed with this secret; by default a signed-in user's, good for an hour. */
export function signToken(secret: string, { claims, expiresIn = '1h' }: TokenOptions = {}) {
  return new SignJWT(claims ?? { role: 'authenticated', sub: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'local' })
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(new TextEncoder().encode(secret));
}
