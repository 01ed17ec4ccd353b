/** The three functions of the database that a worker may call. */
import type { PushStats } from '../ffmpeg/progress.ts';
import type { Rules } from '../guard/guard.ts';
import { type LeaseMark, now } from '../lease.ts';
import type { Connection } from './connection.ts';

/** A session to push, as the database describes it. Secret, most of it. */
export interface ClaimedSession {
  readonly id: string;
  readonly source_url: string;
  readonly is_storage: boolean;
  readonly rtmp_url: string;
  readonly repeat: boolean;
  /** From 1; more when workers before this one have lost it. */
  readonly attempt: number;
  readonly lease_seconds: number;
}

export interface Claim {
  readonly session: ClaimedSession;
  readonly rules: Rules;
  /** A moment before the lease began. */
  readonly since: LeaseMark;
}

/** Nothing to do; perhaps in so many seconds, when somebody else's lease runs out. */
export interface NoClaim {
  readonly session: null;
  readonly retry_in_seconds: number | null;
}

export interface Renewal {
  readonly status: 'starting' | 'running' | 'stopping';
  readonly lease_seconds: number;
  readonly since: LeaseMark;
}

export interface Report {
  readonly status: 'running' | 'stopped' | 'error' | 'starting';
  readonly containerId?: string | null;
  readonly error?: string | null;
  readonly exitCode?: number | null;
}

/** The session is no longer this worker's. */
export function isLeaseLost(error: unknown): boolean {
  const { code, detail } = Object(error) as { code?: string; detail?: string };
  return code === 'PT409' && detail === 'lease_lost';
}

/** What the database says no to, however often it is asked; anything else may work the next time. */
export function isRefusal(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^(PT|2[0-9]|42)/.test(code) && code.length === 5;
}

export class Sessions {
  readonly #connection: Connection;
  readonly #workerId: string;

  constructor(connection: Connection, workerId: string) {
    this.#connection = connection;
    this.#workerId = workerId;
  }

  /** Takes a session that waits for a worker. */
  async claim(leaseSeconds: number): Promise<Claim | NoClaim> {
    const since = now();
    const { answer } = await this.#connection.ask(
      (sql) => sql<{ answer: Omit<Claim, 'since'> | NoClaim }[]>`
        select to_jsonb(public.claim_session(
          worker_id => ${this.#workerId}, lease_seconds => ${leaseSeconds})) as answer`,
    );
    return answer.session ? { ...(answer as Claim), since } : (answer as NoClaim);
  }

  /** Extends the lease, tells how the push goes, and learns whether to stop. */
  async renew(sessionId: string, stats: PushStats | null): Promise<Renewal> {
    const since = now();
    const answer = await this.#connection.ask(
      (sql) => sql<Omit<Renewal, 'since'>[]>`
        select * from public.renew_session(
          session_id => ${sessionId}, worker_id => ${this.#workerId},
          stats => ${stats && JSON.stringify(stats)}::text::jsonb)`,
    );
    return { ...answer, since };
  }

  /** Tells what became of the session. */
  async report(sessionId: string, report: Report): Promise<void> {
    const { status, containerId = null, error = null, exitCode = null } = report;
    await this.#connection.ask(
      (sql) => sql`
        select public.report_session(
          session_id => ${sessionId}, worker_id => ${this.#workerId}, status => ${status},
          container_id => ${containerId}, error => ${error}, exit_code => ${exitCode})`,
    );
  }
}
