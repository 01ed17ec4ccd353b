/** Keeps one talkative service from burying everything else on the console. */

const LINES = 12;
const WINDOW_MS = 10_000;

export class ConsoleQuota {
  readonly #say: (line: string) => void;
  readonly #whereAllIs: string;
  #windowStart = Number.NEGATIVE_INFINITY;
  #said = 0;

  /** @param whereAllIs the file that the person is referred to for the rest */
  constructor(say: (line: string) => void, whereAllIs: string) {
    this.#say = say;
    this.#whereAllIs = whereAllIs;
  }

  /** Passes on the first lines of each stretch of time, and once that there are more. */
  say(line: string): void {
    if (performance.now() - this.#windowStart > WINDOW_MS) {
      this.#windowStart = performance.now();
      this.#said = 0;
    }
    this.#said += 1;
    if (this.#said <= LINES) this.#say(line);
    else if (this.#said === LINES + 1) this.#say(`… and more, all of it in ${this.#whereAllIs}`);
  }
}
