/** Tells the database every few seconds who publishes here, and drops whom it no longer knows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from 'node-media-server/src/core/context.js';
import { logEvent, logProblem } from '../../lib/log.ts';
import type { HookClient } from './hook-client.ts';
import type { Publishers } from './publishers.ts';

const RENEW_EVERY_MS = 10_000;
const START_RETRY_MS = 250;

/** Ends a publish for good: its viewers are not kept waiting for a reconnect. */
function drop({ id, broadcast, socket }: Session): void {
  logEvent(`publisher ${id} dropped: its session has ended`);
  broadcast.publishGraceMs = 0;
  socket?.destroy();
}

export class Renewal {
  readonly #hooks: HookClient;
  readonly #publishers: Publishers;
  #inFlight: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(hooks: HookClient, publishers: Publishers) {
    this.#hooks = hooks;
    this.#publishers = publishers;
  }

  /**
   * Settles when no renewal is under way. Only then may a publisher be asked about or its end be
   * told: a list made before must not be taken after.
   */
  settled(): Promise<void> {
    return this.#inFlight;
  }

  /**
   * Tells, before the server listens, that it has no publishers, so that those of a killed
   * predecessor may reconnect at once. Tries until it is heard.
   */
  async announceStart(): Promise<void> {
    while (!(await this.#renew())) await sleep(START_RETRY_MS);
  }

  /** Renews until the process ends. */
  start(): void {
    setInterval(() => {
      this.#inFlight = this.#renew().then(() => {});
    }, RENEW_EVERY_MS);
  }

  async #renew(): Promise<boolean> {
    const admitted = this.#publishers.admitted();
    try {
      const unknown = new Set(await this.#hooks.renew(this.#publishers.ids()));
      for (const session of admitted) if (unknown.has(session.id)) drop(session);
      if (this.#isFailing) logEvent('renewal works again');
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing) logProblem(`renewal failed, trying on: ${(error as Error).message}`);
      this.#isFailing = true;
      return false;
    }
  }
}
