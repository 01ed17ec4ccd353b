/** How long to wait before a service that died is started again. */

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** A service that ran this long was well: its next death counts as the first. */
const WELL_AFTER_MS = 30_000;

export class BackOff {
  #failures = 0;

  /** The delay after a run that lasted `ranForMs`: doubled with each short run, up to a bound. */
  nextDelay(ranForMs: number): number {
    if (ranForMs >= WELL_AFTER_MS) this.#failures = 0;
    const delay = FIRST_DELAY_MS * 2 ** this.#failures;
    this.#failures += 1;
    return Math.min(delay, LONGEST_DELAY_MS);
  }
}
