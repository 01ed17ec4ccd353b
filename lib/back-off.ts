/** How long to wait before something that failed is tried again. */

export interface BackOffOptions {
  /** After the first failure. */
  readonly firstMs: number;
  readonly longestMs: number;
}

export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The delay after one more failure: doubled with each, up to a bound. */
  next(): number {
    const { firstMs, longestMs } = this.#options;
    const delay = firstMs * 2 ** this.#failures;
    this.#failures += 1;
    return Math.min(delay, longestMs);
  }

  /** It worked: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }
}
