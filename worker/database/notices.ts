/** Hears from the database what has changed, where the connection lets it. */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { pause } from '../../lib/pause.ts';
import { type Connection, open } from './connection.ts';

const CHANNEL = 'restream_sessions';
const CHECK_EVERY_MS = 60_000;
const HEARD_WITHIN_MS = 5_000;
const RECONNECT_MS = 5_000;
/** A pooler in between will hardly go away. */
const DEAF_RETRY_MS = 600_000;

export interface Notice {
  readonly session_id: string;
  readonly worker_id: string | null;
  readonly status: string;
}

export interface NoticeHandlers {
  onNotice(notice: Notice): void;
  /** Notices may have been missed: ask about everything. */
  onCatchUp(): void;
  /** Whether they come has changed. */
  onChange(areHeard: boolean): void;
}

type Payload = Partial<Notice & { readonly listening_check: string }>;

function parse(payload: string): Payload {
  try {
    return Object(JSON.parse(payload));
  } catch {
    return {};
  }
}

/**
 * Listens, and makes sure that what is notified is heard: behind a transaction pooler it would not
 * be, and nothing would say so.
 */
export class Notices {
  readonly #url: string;
  readonly #connection: Connection;
  readonly #handlers: NoticeHandlers;
  readonly #closed = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #areHeard: boolean | null = null;
  #awaited: { readonly nonce: string; readonly heard: (isHeard: boolean) => void } | undefined;

  /**
   * @param url leads to the database itself, not to a transaction pooler
   * @param connection through which the worker works
   */
  constructor(url: string, connection: Connection, handlers: NoticeHandlers) {
    this.#url = url;
    this.#connection = connection;
    this.#handlers = handlers;
  }

  /** Whether notices come; else everything must be asked for. */
  get areHeard(): boolean {
    return this.#areHeard ?? false;
  }

  /** Listens from now on, and again after each loss of the connection. */
  start(): void {
    this.#following = this.#follow();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const sql = open(this.#url, 1);
      const isConnected = await this.#listen(sql);
      this.#setHeard(false);
      await sql.end({ timeout: 1 }).catch(() => {});
      await this.#sleep(isConnected ? DEAF_RETRY_MS : RECONNECT_MS);
    }
  }

  /** Listens while that works; tells whether the connection at least was there. */
  async #listen(sql: Sql): Promise<boolean> {
    const catchUp = () => this.#handlers.onCatchUp();
    try {
      await sql.listen(CHANNEL, (payload) => this.#onPayload(payload), catchUp);
    } catch {
      return false;
    }
    let wasHeard = false;
    while (!this.#closed.signal.aborted && (await this.#check())) {
      wasHeard = true;
      this.#setHeard(true);
      await this.#sleep(CHECK_EVERY_MS);
    }
    return !wasHeard;
  }

  #setHeard(areHeard: boolean): void {
    if (this.#areHeard === areHeard) return;
    this.#areHeard = areHeard;
    this.#handlers.onChange(areHeard);
    this.#handlers.onCatchUp();
  }

  #onPayload(payload: string): void {
    const { listening_check: nonce, ...notice } = parse(payload);
    if (nonce && nonce === this.#awaited?.nonce) this.#awaited.heard(true);
    else if (notice.session_id) this.#handlers.onNotice(notice as Notice);
  }

  /** Sends a notice on the worker's way to the database, and tells whether it comes back on this one. */
  async #check(): Promise<boolean> {
    const nonce = randomUUID();
    const isHeard = new Promise<boolean>((heard) => {
      this.#awaited = { nonce, heard };
    });
    const text = JSON.stringify({ listening_check: nonce });
    try {
      await this.#connection.ask((sql) => sql`select pg_notify(${CHANNEL}, ${text})`);
    } catch {
      return false;
    }
    return await Promise.race([isHeard, this.#sleep(HEARD_WITHIN_MS).then(() => false)]);
  }

  async #sleep(ms: number): Promise<void> {
    await pause(ms, { signal: this.#closed.signal, ref: false });
  }
}
