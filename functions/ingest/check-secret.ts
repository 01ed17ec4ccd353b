import { errorAnswer } from '../_shared/error-answer.ts';

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

/** Takes as long whatever was right: the digests are of one length and every byte is looked at. */
async function isSame(given: string, expected: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([digestOf(expected), digestOf(given)]);
  return ours.reduce((difference, byte, i) => difference | (byte ^ (theirs[i] ?? 0)), 0) === 0;
}

/**
 * Checks the hook's `secret` parameter against the environment's `INGEST_SECRET`.
 * Returns null when it is right, else the answer: why not, or that no secret is configured.
 */
export async function checkSecret(given: string | null): Promise<Response | null> {
  const expected = Deno.env.get('INGEST_SECRET');
  if (!expected) {
    return errorAnswer(
      'ingest_secret_missing',
      'This project has no INGEST_SECRET, so no media server can be trusted.',
    );
  }
  if (given && (await isSame(given, expected))) return null;
  return errorAnswer('ingest_secret_invalid', 'The secret of this hook is missing or wrong.');
}
