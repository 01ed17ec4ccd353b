/** Hears from the database what has changed, where the connection lets it. */
import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { open } from './connection.ts';

const CHANNEL = 'restream_sessions';
const CHECK_EVERY_MS = 60_000;
const CHECK_TIMEOUT_MS = 5_000;

export interface Notice {
  readonly session_id: string;
  readonly worker_id: string | null;
  readonly status: string;
}

interface Check {
  readonly listening_check: string;
}

function parse(payload: string): Partial<Notice & Check> {
  try {
    return Object(JSON.parse(payload));
  } catch {
    return {};
  }
}

export interface NoticeHandlers {
  onNotice(notice: Notice): void;
  /** Notices began to come, or may have been missed: ask about everything. */
  onCatchUp(): void;
}

/**
 * Listens, and makes sure that what is notified is heard: behind a transaction pooler it would not
 * be, and nothing would say so.
 */
export class Notices {
  readonly #sql: Sql;
  readonly #handlers: NoticeHandlers;
  readonly #timer: NodeJS.Timeout;
  #areHeard = false;
  #awaited: { readonly nonce: string; readonly heard: () => void } | undefined;

  /** @param url leads to the database itself, not to a transaction pooler */
  constructor(url: string, handlers: NoticeHandlers) {
    this.#handlers = handlers;
    this.#sql = open(url, 1);
    this.#timer = setInterval(() => void this.#check(), CHECK_EVERY_MS);
  }

  /** Whether notices come; else everything must be asked for. */
  get areHeard(): boolean {
    return this.#areHeard;
  }

  /** Listens from now on, and again after each loss of the connection. */
  start(): void {
    const listening = this.#sql.listen(
      CHANNEL,
      (payload) => this.#onPayload(payload),
      () => void this.#check(),
    );
    listening.catch(() => setTimeout(() => this.start(), CHECK_TIMEOUT_MS).unref());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sql.end({ timeout: 1 }).catch(() => {});
  }

  #onPayload(payload: string): void {
    const { listening_check: nonce, ...notice } = parse(payload);
    if (nonce && nonce === this.#awaited?.nonce) this.#awaited.heard();
    else if (notice.session_id) this.#handlers.onNotice(notice as Notice);
  }

  /** Sends a notice to itself. */
  async #check(): Promise<void> {
    const nonce = randomUUID();
    const isHeard = new Promise<boolean>((resolve) => {
      this.#awaited = { nonce, heard: () => resolve(true) };
      setTimeout(resolve, CHECK_TIMEOUT_MS, false).unref();
    });
    const text = JSON.stringify({ listening_check: nonce });
    const sent = this.#sql`select pg_notify(${CHANNEL}, ${text})`.then(
      () => true,
      () => false,
    );
    const wasHeard = this.#areHeard;
    this.#areHeard = (await isHeard) && (await sent);
    if (this.#areHeard && !wasHeard) this.#handlers.onCatchUp();
  }
}
