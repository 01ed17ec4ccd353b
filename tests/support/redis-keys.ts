/** What the product has in Redis. */
import { createClient } from 'redis';

export interface FoundKey {
  readonly key: string;
  /** In seconds; -1 for one that stays for ever. */
  readonly ttl: number;
}

/** The product's keys on these servers, each with its time to live; those of a cluster are named one by one. */
export async function findKeys(urls: readonly string[]): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  for (const url of urls) {
    const client = createClient({ url });
    await client.connect();
    for await (const keys of client.scanIterator({ MATCH: 'sb:*' })) {
      const ttls = await Promise.all(keys.map((key) => client.ttl(key)));
      for (const [n, ttl] of ttls.entries()) {
        // -2: its time was up between the two questions.
        if (ttl !== -2) found.push({ key: keys[n] as string, ttl });
      }
    }
    await client.close();
  }
  return found;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** What DESIGN.md and docs/viewers.md say that a key may live. */
export const LONGEST_TTL: readonly (readonly [name: RegExp, seconds: number])[] = [
  [/^sb:\{[0-9a-f-]{36}\}:viewers$/, 5 * MINUTE],
  [/^sb:\{[0-9a-f-]{36}\}:tabs:[0-9a-f-]{36}$/, 5 * MINUTE],
  [/^sb:\{[0-9a-f-]{36}\}:rate:[0-9a-f-]{36}$/, MINUTE],
  [/^sb:\{ip:[0-9a-f.:]+\}:rate$/, MINUTE],
  [/^sb:\{[0-9a-f-]{36}\}:live$/, 60 * MINUTE],
  [/^sb:\{[0-9a-f-]{36}\}:(meter|uniques)$/, DAY],
];
