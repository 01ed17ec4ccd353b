/** What one client may ask of the service; hosted Supabase's defaults where it has them. */

/** Bytes of one frame, and of one message over HTTP. */
export const MAX_FRAME_BYTES = 3_000_000;
export const MAX_CHANNELS = 100;
/** Frames that a connection may send a second, and in one go. */
export const FRAMES_PER_SECOND = 500;
export const FRAMES_BURST = 1_000;
/** Frames that may wait for the database before a connection is too far ahead of it. */
export const MAX_WAITING_FRAMES = 2_000;
/** Bytes that may wait to be read by a client. */
export const MAX_UNREAD_BYTES = 8_000_000;
/** Calls of `track` and `untrack` that a channel may make within a window. */
export const PRESENCE_CALLS = 5;
export const PRESENCE_WINDOW_MS = 30_000;
/** Bytes that a client may tell of itself on a channel, its key among them; an address in all. */
export const MAX_PRESENCE_BYTES = 64_000;
export const MAX_PRESENCE_BYTES_PER_ADDRESS = 512_000;
/** Listeners for row changes that a channel may have. */
export const MAX_BINDINGS = 100;
/** Values in a filter's list. */
export const MAX_FILTER_VALUES = 100;
/** Listeners for row changes of all the channels of an address; each value of a filter's list counts. */
export const MAX_BINDINGS_PER_ADDRESS = 10_000;
/** Messages that an address may send over HTTP a second, and in one go. */
export const MESSAGES_PER_SECOND = 500;
export const MESSAGES_BURST = 500;
/** A private topic costs as much as so many messages more: the database is asked. */
export const PRIVATE_TOPIC_COST = 9;
/** Joins that a connection may make a second, and in one go. */
export const JOINS_PER_SECOND = 20;
export const JOINS_BURST = 200;
/** Bytes that a connection may send a second, and in one go. */
export const BYTES_PER_SECOND = 3_000_000;
export const BYTES_BURST = 30_000_000;
/** How often a connection is asked whether it lives; twice without an answer, and it does not. */
export const PING_EVERY_MS = 8_000;

/** A bucket that fills at a steady rate; empty, it allows nothing. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  get isFull(): boolean {
    this.#fill();
    return this.#tokens === this.#burst;
  }

  /** Takes so many tokens; false when there are fewer, and they stay. */
  take(count = 1): boolean {
    this.#fill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  #fill(): void {
    const now = performance.now();
    const gained = ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}

/** So much of something that several may use together. */
export class Budget {
  readonly #total: number;
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  get isUnused(): boolean {
    return this.#used === 0;
  }

  /** Takes an amount; false when so much is not left, and nothing is taken. */
  take(amount: number): boolean {
    if (this.#used + amount > this.#total) return false;
    this.#used += amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#used -= amount;
  }
}

/** Counts calls in windows; each begins with the first call after the end of the one before. */
export class CallWindow {
  readonly #maxCalls: number;
  readonly #windowMs: number;
  #calls = 0;
  #endsAt = Number.NEGATIVE_INFINITY;

  constructor(maxCalls: number, windowMs: number) {
    this.#maxCalls = maxCalls;
    this.#windowMs = windowMs;
  }

  /** Counts one call; false when the window has no more. */
  take(now = performance.now()): boolean {
    if (now > this.#endsAt) {
      this.#endsAt = now + this.#windowMs;
      this.#calls = 0;
    }
    this.#calls += 1;
    return this.#calls <= this.#maxCalls;
  }
}
