import type { StackKeys } from '../keys.ts';
import type { TokenVerifier } from './access-token.ts';

const ANON = { type: 'publishable', claims: { role: 'anon' } } as const;
const SERVICE_ROLE = { type: 'secret', claims: { role: 'service_role' } } as const;

/**
 * Who an `apikey` stands for: the two opaque keys, and the legacy JWT keys (role `anon` or
 * `service_role`, signed with our secret), which lite does not know.
 */
export async function resolveApiKey(key: string, keys: StackKeys, tokens: TokenVerifier) {
  if (key === keys.publishable) return ANON;
  if (key === keys.secret) return SERVICE_ROLE;
  const claims = await tokens.verify(key);
  if (claims?.role === 'anon') return { type: 'publishable', claims } as const;
  if (claims?.role === 'service_role') return { type: 'secret', claims } as const;
  return null;
}
