/** Tells the database what becomes of a session. */
import { BackOff } from '../lib/back-off.ts';
import { logEvent, logProblem } from '../lib/log.ts';
import { pause } from '../lib/pause.ts';
import { isLeaseLost, isRefusal, type Report, type Sessions } from './database/sessions.ts';
import type { Lease } from './lease.ts';
import type { Secrets } from './secrets.ts';

const RETRIES = { firstMs: 500, longestMs: 5_000 };

const WORDS = {
  running: 'running',
  stopped: 'stopped',
  error: 'failed',
  starting: 'given back',
} as const;

export interface ReportsOptions {
  readonly sessions: Sessions;
  readonly sessionId: string;
  readonly lease: Lease;
  readonly secrets: Secrets;
  /** Aborted when the push is to end: that it runs need not be told any more. */
  readonly ending: AbortSignal;
}

export class Reports {
  readonly #options: ReportsOptions;
  #containerId: string | null = null;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** The target has begun to take the stream. */
  async begin(containerId: string | null): Promise<void> {
    this.#containerId = containerId;
    logEvent(this.#line(WORDS.running));
    await this.#tell({ status: 'running', containerId });
  }

  /** Nothing is pushed any more. */
  async end(report: Report): Promise<void> {
    const error = report.error ? this.#options.secrets.mask(report.error) : null;
    const isTold = await this.#tell({ ...report, error, containerId: this.#containerId });
    const text = WORDS[report.status] + (isTold ? '' : ', which the database was not told');
    if (error) logProblem(this.#line(`${text}: ${error}`));
    else logEvent(this.#line(text));
  }

  #line(text: string): string {
    return `session ${this.#options.sessionId}: ${this.#options.secrets.mask(text)}`;
  }

  /** Tells it again and again while the session is this worker's; returns whether it was heard. */
  async #tell(report: Report): Promise<boolean> {
    const { sessions, sessionId, lease, ending } = this.#options;
    const backOff = new BackOff(RETRIES);
    for (;;) {
      try {
        await sessions.report(sessionId, report);
        return true;
      } catch (error) {
        if (this.#isFinal(error)) return false;
      }
      if (report.status === 'running' && ending.aborted) return false;
      if (!lease.isHeld()) return false;
      await pause(backOff.next(), { signal: lease.ended });
    }
  }

  #isFinal(error: unknown): boolean {
    if (isLeaseLost(error)) this.#options.lease.end();
    else if (isRefusal(error)) {
      logProblem(this.#line(`the database refused a report: ${(error as Error).message}`));
    } else return false;
    return true;
  }
}
