import { bearerToken, type TokenVerifier } from './access-token.ts';
import type { ResolveKey } from './api-keys.ts';

/** Who sends a request: nobody whose body is worth reading, anybody, or a holder of the secret key. */
export type BodySender = 'refused' | 'client' | 'service';

/** Addresses of Auth that a browser opens without a key. */
const WITHOUT_KEY = /^\/auth\/v1\/(callback|authorize|verify|\.well-known\/)/;

/**
 * Tells from a request's key and token alone who sends it. `refused` is only who lite refuses, so
 * that it can be left to lite to say why.
 */
export class BodySenders {
  readonly #resolveKey: ResolveKey;
  readonly #tokens: TokenVerifier;

  constructor(resolveKey: ResolveKey, tokens: TokenVerifier) {
    this.#resolveKey = resolveKey;
    this.#tokens = tokens;
  }

  async of(request: Request): Promise<BodySender> {
    const { pathname, searchParams } = new URL(request.url);
    const key = request.headers.get('apikey') ?? searchParams.get('apikey');
    const known = key ? await this.#resolveKey(key) : null;
    const needsKey = !pathname.startsWith('/storage/') && !WITHOUT_KEY.test(pathname);
    if (!known && needsKey) return 'refused';
    if (!pathname.startsWith('/auth/') && (await this.#hasWrongToken(request, key)))
      return 'refused';
    return known?.type === 'secret' ? 'service' : 'client';
  }

  async #hasWrongToken(request: Request, key: string | null): Promise<boolean> {
    const token = bearerToken(request.headers.get('authorization'));
    if (!token || token === key || token.split('.').length !== 3) return false;
    return (await this.#tokens.verify(token)) === null;
  }
}
