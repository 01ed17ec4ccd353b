/** One claimed session, from its claim to its report. */
import { logEvent, logProblem } from '../lib/log.ts';
import { pause } from '../lib/pause.ts';
import type { Claim, Sessions } from './database/sessions.ts';
import type { Driver } from './drivers/driver.ts';
import { probe } from './ffmpeg/probe.ts';
import { Guard, type Lookup } from './guard/guard.ts';
import { Refused } from './guard/refused.ts';
import { Lease } from './lease.ts';
import { type Ending, type PushEnd, reportOf } from './outcome.ts';
import { Push } from './push.ts';
import { SourceRelay } from './relay/source-relay.ts';
import { parseTarget, type TargetAddress } from './relay/target-address.ts';
import { TargetRelay } from './relay/target-relay.ts';
import { Renewals } from './renewals.ts';
import { Reports } from './reports.ts';
import { Secrets } from './secrets.ts';

/**
 * How long a target that refuses is asked again: it may still hold the connection of a worker before
 * this one, longer so when that one was lost.
 */
const PATIENCE_MS = 2_000;
const TAKEOVER_PATIENCE_MS = 90_000;
const RETRY_MS = 3_000;

export interface SessionRunOptions {
  readonly sessions: Sessions;
  readonly driver: Driver;
  /** How long to wait between renewals. */
  readonly renewMs: () => number;
  /** How names are resolved; a test's own where given. */
  readonly lookup?: Lookup;
}

export class SessionRun {
  readonly #claim: Claim;
  readonly #options: SessionRunOptions;
  readonly #lease: Lease;
  readonly #secrets = new Secrets();
  readonly #ending = new AbortController();
  readonly #renewals: Renewals;
  readonly #reports: Reports;
  #push: Push | null = null;

  constructor(claim: Claim, options: SessionRunOptions) {
    const { session, since } = claim;
    this.#claim = claim;
    this.#options = options;
    this.#lease = new Lease(since, session.lease_seconds);
    this.#lease.ended.addEventListener('abort', () => this.#end('lost'), { once: true });
    this.#renewals = new Renewals({
      sessions: options.sessions,
      sessionId: session.id,
      lease: this.#lease,
      renewMs: options.renewMs,
      stats: () => this.#push?.stats ?? null,
      onStopping: () => this.#end('stop'),
      onTrouble: (text) => logProblem(this.#line(text)),
    });
    this.#reports = new Reports({
      sessions: options.sessions,
      sessionId: session.id,
      lease: this.#lease,
      secrets: this.#secrets,
      ending: this.#ending.signal,
    });
  }

  /** Renews at once: the database has said that something about this session changed. */
  nudge(): void {
    this.#renewals.nudge();
  }

  /** Ends the push, and gives the session back for another worker to take. */
  drain(): void {
    this.#end('drain');
  }

  /** Pushes and reports; settles when nothing is left to do. Never rejects. */
  async run(): Promise<void> {
    const { attempt } = this.#claim.session;
    logEvent(this.#line(`claimed${attempt > 1 ? `, attempt ${attempt}` : ''}`));
    const renewing = this.#renewals.run();
    const end = await this.#pushAll().catch((error) => this.#failed(error));
    const report = reportOf(this.#ending.signal.reason ?? null, end);
    if (report) await this.#reports.end(report);
    else logProblem(this.#line('lost: its lease ran out or was taken away; ffmpeg is gone'));
    this.#renewals.stop();
    this.#lease.end();
    await renewing;
  }

  #line(text: string): string {
    return `session ${this.#claim.session.id}: ${this.#secrets.mask(text)}`;
  }

  /** The first reason counts, except that a lost lease overrules all. */
  #end(ending: Ending): void {
    if (ending === 'lost') this.#push?.end('lost');
    if (this.#ending.signal.aborted) return;
    if (ending === 'stop') logEvent(this.#line('asked to stop'));
    this.#ending.abort(ending);
    this.#push?.end(ending);
  }

  #failed(error: unknown): PushEnd {
    const problem = error instanceof Error ? error.message : String(error);
    if (!(error instanceof Refused) && !this.#ending.signal.aborted) {
      logProblem(this.#line(`failed: ${problem}`));
    }
    return { exitCode: null, problem, lastLines: [], hasPushed: false };
  }

  async #pushAll(): Promise<PushEnd> {
    const { source_url: url, is_storage: isOurs, rtmp_url: rtmpUrl } = this.#claim.session;
    this.#secrets.addSource(url);
    this.#secrets.addTarget(rtmpUrl);
    const target = parseTarget(rtmpUrl);
    this.#secrets.addTarget(rtmpUrl, target);
    const guard = new Guard(this.#claim.rules, this.#options.lookup);
    await guard.target(target.host, target.port);
    const source = new SourceRelay({ url, isOurs }, guard);
    try {
      return await this.#pushFrom(source, target, guard);
    } finally {
      source.close();
    }
  }

  async #pushFrom(source: SourceRelay, target: TargetAddress, guard: Guard): Promise<PushEnd> {
    const { driver } = this.#options;
    const { id: sessionId, attempt, repeat } = this.#claim.session;
    const sourceUrl = await source.listen(driver.place);
    this.#secrets.add(sourceUrl, '<source>');
    const explain = () => (source.failure ? new Refused(source.failure) : null);
    const signal = this.#ending.signal;
    const media = await probe({ driver, sessionId, sourceUrl, signal, explain });
    const patientUntil = performance.now() + (attempt > 1 ? TAKEOVER_PATIENCE_MS : PATIENCE_MS);
    for (;;) {
      signal.throwIfAborted();
      const addresses = await guard.target(target.host, target.port);
      const relay = new TargetRelay(target, addresses, this.#lease);
      this.#push = new Push({
        ...{ sessionId, driver, relay, sourceUrl, media, repeat, explain },
        secrets: this.#secrets,
        onBegin: (containerId) => void this.#reports.begin(containerId),
      });
      const beganAt = performance.now();
      const end = await this.#push.run();
      const isOver =
        end.problem === null ? !repeat : end.hasPushed || performance.now() > patientUntil;
      if (isOver || signal.aborted) return end;
      if (end.problem) logProblem(this.#line(`${end.problem} Trying again.`));
      const waitMs = end.problem ? RETRY_MS : RETRY_MS - (performance.now() - beganAt);
      await pause(Math.max(waitMs, 0), { signal });
    }
  }
}
