import { RecentMap } from './recent-map.ts';

const MAX_KEYS = 50_000;

interface Bucket {
  readonly tokens: number;
  readonly filledAt: number;
}

/** Limits a rate for each key: a bucket of tokens that fills up again evenly. */
export class TokenBuckets {
  readonly #size: number;
  readonly #msPerToken: number;
  readonly #buckets = new RecentMap<Bucket>(MAX_KEYS);

  /**
   * @param size how many tokens a key may take at once
   * @param fillMs how long an empty bucket takes to be full again
   */
  constructor(size: number, fillMs: number) {
    this.#size = size;
    this.#msPerToken = fillMs / size;
  }

  /** Takes a token of the key's bucket; returns 0, or in how many milliseconds there will be one. */
  take(key: string): number {
    const tokens = this.#tokens(key);
    if (tokens < 1) return Math.ceil((1 - tokens) * this.#msPerToken);
    this.#keep(key, tokens - 1);
    return 0;
  }

  /** Puts back a token that was taken and is not to count. */
  giveBack(key: string): void {
    this.#keep(key, Math.min(this.#size, this.#tokens(key) + 1));
  }

  #tokens(key: string): number {
    const bucket = this.#buckets.get(key);
    if (!bucket) return this.#size;
    const gained = (performance.now() - bucket.filledAt) / this.#msPerToken;
    return Math.min(this.#size, bucket.tokens + gained);
  }

  #keep(key: string, tokens: number): void {
    this.#buckets.set(key, { tokens, filledAt: performance.now() });
  }
}
