/** Keeps a session's lease alive for as long as the session runs. */
import { isLeaseLost, type Sessions } from './database/sessions.ts';
import type { PushStats } from './ffmpeg/progress.ts';
import type { Lease } from './lease.ts';
import { Wake } from './wake.ts';

/** How soon after a failure is tried again; the lease does not wait. */
const RETRY_MS = 1_000;

export interface RenewalOptions {
  readonly sessions: Sessions;
  readonly sessionId: string;
  readonly lease: Lease;
  /** How long to wait after a renewal. */
  readonly renewMs: () => number;
  readonly stats: () => PushStats | null;
  /** The session is to be stopped; may be told more than once. */
  readonly onStopping: () => void;
  readonly onTrouble: (text: string) => void;
}

export class Renewals {
  readonly #options: RenewalOptions;
  readonly #wake = new Wake();
  #isOver = false;
  #isFailing = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    options.lease.ended.addEventListener('abort', () => this.stop(), { once: true });
  }

  /** Renews now. */
  nudge(): void {
    this.#wake.up();
  }

  stop(): void {
    this.#isOver = true;
    this.#wake.up();
  }

  /** Renews until `stop`, or until the lease is lost. */
  async run(): Promise<void> {
    let pauseMs = this.#options.renewMs();
    while (!this.#isOver) {
      await this.#wake.sleep(pauseMs);
      if (this.#isOver) return;
      const works = await this.#renew();
      pauseMs = works ? this.#options.renewMs() : RETRY_MS;
    }
  }

  async #renew(): Promise<boolean> {
    const { sessions, sessionId, lease, stats, onStopping, onTrouble } = this.#options;
    try {
      const { status, lease_seconds: seconds, since } = await sessions.renew(sessionId, stats());
      lease.extend(since, seconds);
      this.#isFailing = false;
      if (status === 'stopping') onStopping();
      return true;
    } catch (error) {
      if (isLeaseLost(error)) lease.end();
      else if (!this.#isFailing)
        onTrouble(`renewal failed, trying on: ${(error as Error).message}`);
      this.#isFailing = true;
      return false;
    }
  }
}
