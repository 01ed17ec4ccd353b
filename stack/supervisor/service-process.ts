/** Keeps one service running: starts it, waits until it works, and starts it again when it dies. */
import { BackOff } from '../../lib/back-off.ts';
import { endProcess } from '../../lib/end-process.ts';
import { LastLines } from '../../lib/last-lines.ts';
import { pause } from '../../lib/pause.ts';
import { inTime } from '../../lib/probes.ts';
import { isAlive, type ProcessIdentity } from '../../lib/process-identity.ts';
import { waitUntil } from '../../lib/wait.ts';
import { type Child, type OutputStream, startChild } from './child.ts';
import { ConsoleQuota } from './console-quota.ts';
import { untilHung } from './hang.ts';
import type { LogFile } from './log-file.ts';
import type { Service, ServiceCommand } from './service.ts';

const READY_WITHIN_MS = 30_000;
const ATTEMPTS_TO_START = 3;
const LINES_TO_QUOTE = 8;
const RESTARTS = { firstMs: 250, longestMs: 15_000 };
/** A service that ran this long was well: its next death counts as the first. */
const WELL_AFTER_MS = 30_000;

export interface ServiceHooks {
  readonly log: LogFile;
  /** Tells the person at the console. */
  readonly say: (line: string) => void;
  /** After each change of process or restart count. */
  readonly onChange: () => void;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;

export class ServiceProcess {
  readonly service: Service;
  readonly #hooks: ServiceHooks;
  readonly #quota: ConsoleQuota;
  readonly #backOff = new BackOff(RESTARTS);
  readonly #stopping = new AbortController();
  readonly #lastLines = new LastLines(LINES_TO_QUOTE);
  #identity: ProcessIdentity | null = null;
  #restarts = 0;
  #wasReady = false;
  #isReloading = false;
  #keptRunning: Promise<void> = Promise.resolve();

  constructor(service: Service, hooks: ServiceHooks) {
    this.service = service;
    this.#hooks = hooks;
    this.#quota = new ConsoleQuota(hooks.say, hooks.log.path);
  }

  get #readyWithinMs(): number {
    return this.service.readyWithinMs ?? READY_WITHIN_MS;
  }

  get identity(): ProcessIdentity | null {
    return this.#identity;
  }

  /** How often it died and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Starts the service and keeps it running until `stop`.
   * @returns once it is ready for the first time
   * @throws Error with the end of its output when it dies time and again, or is never ready
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = () => reject(new Error(`${this.service.name} was stopped while it started`));
      this.#keptRunning = this.#keepRunning(resolve).then(stopped, reject);
    });
  }

  /** Ends the service for good, also while it is still starting. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#end();
    await this.#keptRunning;
  }

  /** Ends the running process; the next one starts at once and is not counted as a restart. */
  async reload(): Promise<void> {
    if (!isAlive(this.#identity)) return;
    this.#isReloading = true;
    await this.#end();
  }

  async #keepRunning(onReady: () => void): Promise<void> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      const startedAt = performance.now();
      const reason = await this.#runOnce(onReady);
      if (this.#stopping.signal.aborted) return;
      if (this.#isReloading) {
        this.#isReloading = false;
        continue;
      }
      if (!this.#wasReady && attempt >= ATTEMPTS_TO_START) throw this.#startError(reason);
      await this.#waitBeforeRestart(reason, performance.now() - startedAt);
    }
  }

  /** One process from start to end. Resolves to how it ended. */
  async #runOnce(onReady: () => void): Promise<string> {
    const command = await this.#prepare();
    if (typeof command === 'string') return command;
    if (this.#stopping.signal.aborted) return 'not started';
    const child = startChild(command, (line, stream) => this.#onLine(line, stream));
    this.#identity = child.identity;
    this.#hooks.onChange();
    const reason = await this.#watch(child, onReady);
    this.#identity = null;
    this.#hooks.onChange();
    return reason;
  }

  /** The command; or, for a service that has worked before, why there is none this time. */
  async #prepare(): Promise<ServiceCommand | string> {
    try {
      return await this.service.command();
    } catch (error) {
      if (!this.#wasReady) throw error;
      return (error as Error).message;
    }
  }

  async #watch(child: Child, onReady: () => void): Promise<string> {
    const over = new AbortController();
    const ended = child.ended.finally(() => over.abort());
    const isReady = await this.#awaitReady(onReady, over.signal);
    if (isReady)
      return this.#watchReady(child, AbortSignal.any([over.signal, this.#stopping.signal]));
    if (over.signal.aborted) return ended;
    if (child.identity) await endProcess(child.identity, this.service.ending);
    return `was not ready within ${this.#readyWithinMs / 1000} s (${await ended})`;
  }

  /** Until it ends, or is ended because it hangs. */
  async #watchReady({ identity, ended }: Child, over: AbortSignal): Promise<string> {
    const isHung = await untilHung(this.service, over);
    if (!isHung || !identity) return ended;
    this.#tell('does not answer; ending it');
    await endProcess(identity, this.service.ending);
    return `hung (${await ended})`;
  }

  async #awaitReady(onReady: () => void, signal: AbortSignal): Promise<boolean> {
    const startedAt = performance.now();
    const isReady = await waitUntil(() => inTime(this.service.probe), {
      timeoutMs: this.#readyWithinMs,
      signal,
    });
    if (!isReady) return false;
    if (this.#wasReady && this.#restarts > 0) {
      this.#tell(`is ready again after ${seconds(performance.now() - startedAt)}`);
    }
    this.#wasReady = true;
    onReady();
    return true;
  }

  async #waitBeforeRestart(reason: string, ranForMs: number): Promise<void> {
    if (ranForMs >= WELL_AFTER_MS) this.#backOff.reset();
    const delay = this.#backOff.next();
    this.#restarts += 1;
    this.#hooks.onChange();
    this.#tell(
      `ended (${reason}); starting it again in ${seconds(delay)}, restart ${this.#restarts}`,
    );
    await pause(delay, { signal: this.#stopping.signal });
  }

  async #end(): Promise<void> {
    if (this.#identity) await endProcess(this.#identity, this.service.ending);
  }

  #onLine(line: string, stream: OutputStream): void {
    this.#hooks.log.write(line);
    this.#lastLines.add(line);
    if (stream === 'stderr' && !this.service.isQuiet) {
      this.#quota.say(`[${this.service.name}] ${line}`);
    }
  }

  #tell(what: string): void {
    this.#hooks.log.write(`-- ${this.service.name} ${what}`);
    this.#hooks.say(`${this.service.name} ${what}`);
  }

  #startError(reason: string): Error {
    const quoted = this.#lastLines.all.map((line) => `  ${line}`).join('\n');
    return new Error(
      `${this.service.name} does not start: ${reason}. Its log, ${this.#hooks.log.path}, ends with:\n${quoted}`,
    );
  }
}
