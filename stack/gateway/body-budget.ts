/**
 * The memory that request bodies may take together. Each sender has a share of it, so that nobody
 * can take it all.
 */
export class BodyBudget {
  readonly #total: number;
  readonly #share: number;
  readonly #held = new Map<string, number>();
  #heldByAll = 0;

  /** @param share what one sender may hold of `total`, both in bytes */
  constructor(total: number, share: number) {
    this.#total = total;
    this.#share = share;
  }

  /** Takes memory for a sender; false, with nothing taken, when there is not so much. */
  take(sender: string, bytes: number): boolean {
    const held = (this.#held.get(sender) ?? 0) + bytes;
    if (held > this.#share || this.#heldByAll + bytes > this.#total) return false;
    this.#held.set(sender, held);
    this.#heldByAll += bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(sender: string, bytes: number): void {
    const held = (this.#held.get(sender) ?? 0) - bytes;
    if (held > 0) this.#held.set(sender, held);
    else this.#held.delete(sender);
    this.#heldByAll -= bytes;
  }
}
