/** Claims sessions while there is room, and runs them. */
import { randomBytes } from 'node:crypto';
import { BackOff } from '../lib/back-off.ts';
import { logEvent, logProblem } from '../lib/log.ts';
import { Connection } from './database/connection.ts';
import { type Notice, Notices } from './database/notices.ts';
import { Sessions } from './database/sessions.ts';
import type { Driver } from './drivers/driver.ts';
import type { Lookup } from './guard/guard.ts';
import { SessionRun } from './session-run.ts';
import type { Settings } from './settings.ts';
import { Wake } from './wake.ts';

/** How often is asked where notices come, should one be missed all the same. */
const ASK_ANYWAY_MS = 60_000;
/** When somebody else's lease runs out, this long after. */
const AFTER_LEASE_MS = 250;
const SHORTEST_WAIT_MS = 1_000;
const RETRIES = { firstMs: SHORTEST_WAIT_MS, longestMs: 15_000 };

export class Worker {
  readonly #settings: Settings;
  readonly #driver: Driver;
  readonly #lookup: Lookup | undefined;
  readonly #connection: Connection;
  readonly #notices: Notices;
  readonly #sessions: Sessions;
  /** The id with something that no other run of this worker has, so that each lease is one process's. */
  readonly #name: string;
  readonly #wake = new Wake();
  readonly #backOff = new BackOff(RETRIES);
  readonly #runs = new Map<string, { readonly run: SessionRun; readonly ended: Promise<void> }>();
  #isDraining = false;
  #isFailing = false;

  /** @param lookup how names are resolved; the system's way unless given */
  constructor(settings: Settings, driver: Driver, lookup?: Lookup) {
    this.#settings = settings;
    this.#driver = driver;
    this.#lookup = lookup;
    this.#name = `${settings.id}#${randomBytes(4).toString('hex')}`;
    this.#connection = new Connection(settings.databaseUrl);
    this.#sessions = new Sessions(this.#connection, this.#name);
    this.#notices = new Notices(settings.listenUrl, this.#connection, {
      onNotice: (notice) => this.#onNotice(notice),
      onCatchUp: () => this.#catchUp(),
      onChange: (areHeard) => this.#tellNotices(areHeard),
    });
  }

  /** How this run of the worker is called in the database. */
  get name(): string {
    return this.#name;
  }

  /** Works until `drain`. */
  async run(): Promise<void> {
    this.#notices.start();
    while (!this.#isDraining) {
      const pauseMs = await this.#claim();
      if (pauseMs > 0 && !this.#isDraining) await this.#wake.sleep(pauseMs);
    }
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
    await Promise.all([this.#notices.close(), this.#connection.close()]);
  }

  /** Claims nothing more, ends what is pushed, gives its sessions back; `run` settles then. */
  drain(): void {
    this.#isDraining = true;
    for (const { run } of this.#runs.values()) run.drain();
    this.#wake.up();
  }

  /** Asks for a session, if there is room. Returns how long to wait before the next question. */
  async #claim(): Promise<number> {
    if (this.#runs.size >= this.#settings.capacity) return ASK_ANYWAY_MS;
    try {
      const claim = await this.#sessions.claim(this.#settings.leaseSeconds);
      if (this.#isFailing) logEvent('the database answers again');
      this.#isFailing = false;
      this.#backOff.reset();
      if (!claim.session) return this.#pauseUntil(claim.retry_in_seconds);
      this.#start(claim);
      return 0;
    } catch (error) {
      if (!this.#isFailing) logProblem(`no session can be claimed: ${(error as Error).message}`);
      this.#isFailing = true;
      return this.#backOff.next();
    }
  }

  #pauseUntil(leaseEndsIn: number | null): number {
    const pollMs = this.#notices.areHeard ? ASK_ANYWAY_MS : this.#settings.pollSeconds * 1000;
    if (leaseEndsIn === null) return pollMs;
    const leaseMs = Math.max(leaseEndsIn * 1000 + AFTER_LEASE_MS, SHORTEST_WAIT_MS);
    return Math.min(pollMs, leaseMs);
  }

  #start(claim: ConstructorParameters<typeof SessionRun>[0]): void {
    const { id } = claim.session;
    const run = new SessionRun(claim, {
      sessions: this.#sessions,
      driver: this.#driver,
      renewMs: () => this.#renewMs,
      ...(this.#lookup && { lookup: this.#lookup }),
    });
    const ended = run.run().finally(() => {
      this.#runs.delete(id);
      this.#wake.up();
    });
    this.#runs.set(id, { run, ended });
    if (this.#isDraining) run.drain();
  }

  get #renewMs(): number {
    const { renewSeconds, pollSeconds } = this.#settings;
    return (this.#notices.areHeard ? renewSeconds : Math.min(renewSeconds, pollSeconds)) * 1000;
  }

  #onNotice({ session_id: id, worker_id: worker, status }: Notice): void {
    if (status === 'starting') this.#wake.up();
    if (worker === this.#name) this.#runs.get(id)?.run.nudge();
  }

  #tellNotices(areHeard: boolean): void {
    if (areHeard) logEvent('worker hears the notices of the database');
    else if (!this.#isDraining)
      logProblem(
        `worker hears no notices of the database: asks it every ${this.#settings.pollSeconds} s`,
      );
  }

  #catchUp(): void {
    this.#wake.up();
    for (const { run } of this.#runs.values()) run.nudge();
  }
}
