/** Reading a live stream over HTTP-FLV. */

const HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const TAG_TRAILER_BYTES = 4;

/** The part of a live stream's bytes that ends with a whole tag: a file that plays to its end. */
export function wholeTags(bytes: Buffer): Buffer {
  let end = HEADER_BYTES;
  for (;;) {
    if (end + TAG_HEADER_BYTES > bytes.length) break;
    const next = end + TAG_HEADER_BYTES + bytes.readUIntBE(end + 1, 3) + TAG_TRAILER_BYTES;
    if (next > bytes.length) break;
    end = next;
  }
  return bytes.subarray(0, end);
}

/**
 * Reads a live stream until at least `minBytes` have come.
 * @returns whole FLV tags only
 * @throws Error when the address refuses, ends early, or is slower than `timeoutMs`
 */
export async function readFlv(url: string, minBytes: number, timeoutMs: number): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok || !response.body) {
    throw new Error(`the playback URL answered ${response.status}: ${await response.text()}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= minBytes) return wholeTags(Buffer.concat(chunks));
  }
  throw new Error(`the stream ended after ${length} bytes, before ${minBytes} had come`);
}
