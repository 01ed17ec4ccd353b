/** Work that many bring and few places do, taken in turns: nobody waits for all that another has brought. */

export class Turns {
  #free: number;
  /** Who waits, in the order of their turns, each with what it waits to begin. */
  readonly #waiting = new Map<object, (() => void)[]>();

  /** @param places how much is done at a time */
  constructor(places: number) {
    this.#free = places;
  }

  /** Does a piece of work when it is the turn of whoever brings it. */
  async take<Result>(whose: object, work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turnOf(whose);
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  #turnOf(whose: object): Promise<void> {
    return new Promise((begin) => {
      const queue = this.#waiting.get(whose);
      if (queue) queue.push(begin);
      else this.#waiting.set(whose, [begin]);
    });
  }

  /** Gives a place to the next in turn, who then is the last. */
  #handOn(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    const [whose, queue] = next;
    const begin = queue.shift();
    this.#waiting.delete(whose);
    if (queue.length > 0) this.#waiting.set(whose, queue);
    begin?.();
  }
}
