import type { JWTPayload } from 'jose';
import { addressBlock } from '../../functions/_shared/address-block.ts';
import { bearerToken, type TokenVerifier } from './access-token.ts';
import type { ResolveKey } from './api-keys.ts';

/** `service`: the secret key, that is functions and media hooks; `auth`: who signs in; `user`: who has. */
export type CallerKind = 'service' | 'auth' | 'user' | 'anonymous';

/** Who sent a request, as far as its sessions of the database are concerned. */
export interface Caller {
  readonly kind: CallerKind;
  /** The client's address, or its network, as limits count it. */
  readonly block: string;
  /** Those of a valid access token. */
  readonly claims: JWTPayload | null;
}

type Headers = Readonly<Record<string, string>>;

/** Finds out who calls from a request's path and headers; the address is `x-real-ip`, which is ours. */
export function callerReader(resolveKey: ResolveKey, tokens: TokenVerifier) {
  return async (path: string, headers: Headers): Promise<Caller> => {
    const token = bearerToken(headers.authorization);
    const [claims, key] = await Promise.all([
      token ? tokens.verify(token) : null,
      resolveKey(headers.apikey ?? ''),
    ]);
    const block = addressBlock(headers['x-real-ip'] ?? '');
    const isService = key?.type === 'secret' || claims?.role === 'service_role';
    if (isService) return { kind: 'service', block, claims };
    if (path.startsWith('/auth/v1/')) return { kind: 'auth', block, claims };
    return { kind: claims?.sub ? 'user' : 'anonymous', block, claims };
  };
}
