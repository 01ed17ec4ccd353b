/** The signed token that a viewer beats with: all that counting it needs, so that no database is asked. */
import type { Viewing } from './viewing.ts';

const LIFETIME_SECONDS = 24 * 3600;
const VERSION = 'v2';

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
  const { streamId, sessionId, startedAt, viewerId, tabId, ttlMs, beats, requests } = viewing;
  const expiry = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
  const content = [
    ...[VERSION, streamId, sessionId, startedAt, viewerId, tabId, ttlMs],
    ...[beats.intervalMs, beats.burst, requests.intervalMs, requests.burst, expiry],
  ].join(':');
  const signature = await crypto.subtle.sign('HMAC', await signingKey(), encode(content));
  return `${content}:${new Uint8Array(signature).toBase64({ alphabet: 'base64url', omitPadding: true })}`;
}

interface Read {
  readonly viewing: Viewing;
  readonly expiry: number;
}

function parse(content: string): Read | null {
  const [version, streamId = '', sessionId = '', startedAt, viewerId = '', tabId = '', ...numbers] =
    content.split(':');
  const [ttlMs = 0, beatMs = 0, beatBurst = 0, requestMs = 0, requestBurst = 0, expiry = 0] =
    numbers.map(Number);
  if (version !== VERSION) return null;
  const viewing = {
    ...{ streamId, sessionId, startedAt: Number(startedAt), viewerId, tabId, ttlMs },
    beats: { intervalMs: beatMs, burst: beatBurst },
    requests: { intervalMs: requestMs, burst: requestBurst },
  };
  return { viewing, expiry };
}

async function verify(token: string): Promise<Read | null> {
  const cut = token.lastIndexOf(':');
  const content = token.slice(0, cut);
  const signature = decode(token.slice(cut + 1));
  const isOurs =
    signature !== null &&
    (await crypto.subtle.verify('HMAC', await signingKey(), signature, encode(content)));
  return isOurs ? parse(content) : null;
}

/** Tokens that were found to be ours: the same come again at each beat. */
const known = new Map<string, Read>();
const MOST_KNOWN = 20_000;

function remember(token: string, read: Read): void {
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(token, read);
}

/** Reads a token; null for one that was not signed here, or has expired. */
export async function readViewing(token: string): Promise<Viewing | null> {
  const seen = known.get(token);
  const read = seen ?? (await verify(token));
  if (!read || read.expiry * 1000 < Date.now()) return null;
  if (!seen) remember(token, read);
  return read.viewing;
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
