/**
 * Something read from the database once and kept. Readers who come at once share one reading; a
 * `clear` during a reading causes another; a failed reading is not kept.
 */
export class CachedReading<T> {
  readonly #read: () => Promise<T>;
  #current: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  get(): Promise<T> {
    if (this.#current) return this.#current;
    const reading = this.#read();
    this.#current = reading;
    reading.catch(() => {
      if (this.#current === reading) this.#current = undefined;
    });
    return reading;
  }

  clear(): void {
    this.#current = undefined;
  }
}
