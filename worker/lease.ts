/** How long a session is still this worker's, by clocks that nobody sets. */
import { uptime } from 'node:os';

/**
 * Of two clocks the one that ran further: `performance` stands still while the machine sleeps, and
 * `uptime` has whole seconds only on some systems.
 */
function elapsedSince(start: LeaseMark): number {
  return Math.max(performance.now() - start.monotonicMs, uptime() * 1000 - start.uptimeMs);
}

/** A moment; taken before a question whose answer extends the lease is sent. */
export interface LeaseMark {
  readonly monotonicMs: number;
  readonly uptimeMs: number;
}

export function now(): LeaseMark {
  return { monotonicMs: performance.now(), uptimeMs: uptime() * 1000 };
}

/** What is left unused of each lease, so that ffmpeg is gone before the database gives it away. */
const MARGIN = 0.1;
const MAX_MARGIN_MS = 2_000;

export class Lease {
  readonly #ended = new AbortController();
  #since: LeaseMark;
  #lengthMs: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param since before the question was sent
   * @param seconds how long the database gave
   */
  constructor(since: LeaseMark, seconds: number) {
    this.#since = since;
    this.#lengthMs = usable(seconds);
    this.#watch();
  }

  /** Aborted when the lease has run out, or was given to somebody else; never comes back. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get remainingMs(): number {
    return this.#ended.signal.aborted ? 0 : this.#lengthMs - elapsedSince(this.#since);
  }

  /** Whether anything may still be done for the session. Looks at the clock. */
  isHeld(): boolean {
    if (this.remainingMs > 0) return true;
    this.end();
    return false;
  }

  /** The database has renewed it; without effect on one that has ended. */
  extend(since: LeaseMark, seconds: number): void {
    if (!this.isHeld()) return;
    this.#since = since;
    this.#lengthMs = usable(seconds);
    this.#watch();
  }

  /** Ends it now. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (this.isHeld()) this.#watch();
      },
      Math.max(10, this.remainingMs),
    );
    this.#timer.unref();
  }
}

function usable(seconds: number): number {
  return seconds * 1000 - Math.min(MAX_MARGIN_MS, seconds * 1000 * MARGIN);
}
