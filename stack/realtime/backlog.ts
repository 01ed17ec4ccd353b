/**
 * What the database sent while its listeners were away: after a start of the service clients come back
 * by themselves, within seconds, and get what was committed in the meantime.
 */
import type { Broadcast } from './frames.ts';

const KEEP_MS = 30_000;
const MAX_BYTES = 16_000_000;

export interface SentMessage {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly broadcast: Broadcast;
}

export class Backlog {
  readonly #opened = performance.now();
  #messages: SentMessage[] = [];
  #bytes = 0;

  get isOpen(): boolean {
    return performance.now() - this.#opened < KEEP_MS;
  }

  add(message: SentMessage): void {
    if (!this.isOpen) {
      this.#messages = [];
      return;
    }
    this.#messages.push(message);
    this.#bytes += message.broadcast.body.length;
    while (this.#bytes > MAX_BYTES)
      this.#bytes -= this.#messages.shift()?.broadcast.body.length ?? 0;
  }

  /** What a client that comes back to this topic has missed, in order. */
  of(topic: string, isPrivate: boolean): Broadcast[] {
    if (!this.isOpen) return [];
    return this.#messages
      .filter((message) => message.topic === topic && message.isPrivate === isPrivate)
      .map(({ broadcast }) => broadcast);
  }
}
