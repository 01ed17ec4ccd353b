/** The signed token that a viewer beats with: all that counting it needs, so that no database is asked. */

const LIFETIME_SECONDS = 24 * 3600;

/** Who watches what. */
export interface Viewing {
  readonly streamId: string;
  readonly sessionId: string;
  /** When the session began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The signed-in user, or one visit of somebody anonymous. */
  readonly viewerId: string;
  /** One of the user's tabs; empty for somebody anonymous, who has no more than one. */
  readonly tabId: string;
}

function signingSecret(): string {
  const keys = Deno.env.get('SUPABASE_SECRET_KEYS');
  const secret = keys ? JSON.parse(keys).default : Deno.env.get('SUPABASE_SECRET_KEY');
  if (typeof secret === 'string' && secret) return secret;
  throw new Error('This project has no default secret key, from which viewer tokens are signed.');
}

/** Derived from the project's secret key, for this use alone: nothing more has to be configured. */
async function importKey(): Promise<CryptoKey> {
  const label = new TextEncoder().encode(`viewer token ${signingSecret()}`);
  const bytes = await crypto.subtle.digest('SHA-256', label);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify']);
}

let imported: Promise<CryptoKey> | undefined;
function signingKey(): Promise<CryptoKey> {
  imported ??= importKey();
  return imported;
}

/** Signs who watches what, for a day. */
export async function signViewing(viewing: Viewing): Promise<string> {
  const { streamId, sessionId, startedAt, viewerId, tabId } = viewing;
  const expiry = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
  const content = ['v1', streamId, sessionId, startedAt, viewerId, tabId, expiry].join('.');
  const signature = await crypto.subtle.sign('HMAC', await signingKey(), encode(content));
  return `${content}.${new Uint8Array(signature).toBase64({ alphabet: 'base64url', omitPadding: true })}`;
}

/** Reads a token; null for one that was not signed here, or has expired. */
export async function readViewing(token: string): Promise<Viewing | null> {
  const cut = token.lastIndexOf('.');
  const content = token.slice(0, cut);
  const signature = decode(token.slice(cut + 1));
  const isOurs =
    signature !== null &&
    (await crypto.subtle.verify('HMAC', await signingKey(), signature, encode(content)));
  if (!isOurs) return null;
  const [, streamId, sessionId, startedAt, viewerId, tabId, expiry] = content.split('.');
  if (!streamId || !sessionId || !viewerId || tabId === undefined) return null;
  if (Number(expiry) * 1000 < Date.now()) return null;
  return { streamId, sessionId, startedAt: Number(startedAt), viewerId, tabId };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function decode(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  } catch {
    return null;
  }
}
