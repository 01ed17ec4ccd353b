/** Asks and tells the ingest function, with the payloads that node-media-server itself posts. */

/** A renewal and a question after it take less than a silent client is given. */
const TIMEOUT_MS = 5_000;

/** A publisher or player, in node-media-server's words. */
export interface HookSubject {
  readonly id: string;
  readonly ip: string;
  readonly name: string;
  readonly protocol: 'rtmp' | 'flv';
  readonly createtime: number;
  readonly query: Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly isAllowed: false;
  readonly status: number;
  readonly rule: string;
  readonly message: string;
  readonly hint: string;
}

export type Verdict = { readonly isAllowed: true } | Refusal;

const UNREACHABLE: Refusal = {
  isAllowed: false,
  status: 503,
  rule: 'hook_unreachable',
  message: 'The server cannot check this stream now.',
  hint: 'Try again in a few seconds.',
};

interface HookAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function refusalIn({ status, body }: HookAnswer): Refusal {
  return {
    isAllowed: false,
    status: typeof body.status === 'number' ? body.status : status,
    rule: textIn(body.details) || `http_${status}`,
    message: textIn(body.message) || UNREACHABLE.message,
    hint: textIn(body.hint) || UNREACHABLE.hint,
  };
}

export class HookClient {
  readonly #url: string;
  readonly #server: string;

  /**
   * @param url the ingest function's URL, secret included
   * @param server our name for this media server
   */
  constructor(url: string, server: string) {
    this.#url = url;
    this.#server = server;
  }

  /** May this publisher go on? No, unless the function says yes: an answer that does not come is a no. */
  askPublish(subject: HookSubject): Promise<Verdict> {
    return this.#ask({ action: 'prePublish', ...subject });
  }

  /** May this player go on? The same. */
  askPlay(subject: HookSubject): Promise<Verdict> {
    return this.#ask({ action: 'prePlay', ...subject });
  }

  /** Tells that a publisher has gone. Throws when that is not heard; the next renewal tells it too. */
  async tellEnd(subject: HookSubject, inbytes: number): Promise<void> {
    const { status } = await this.#post({ action: 'donePublish', ...subject, inbytes });
    if (status !== 200) throw new Error(`the ingest function answered ${status}`);
  }

  /**
   * Tells the complete list of publishers; all other sessions of this server lose theirs.
   * @returns those that have no running session (any more) and are to be dropped
   * @throws Error when the list was not taken
   */
  async renew(publishers: readonly string[]): Promise<string[]> {
    const { status, body } = await this.#post({
      action: 'renew',
      server: this.#server,
      publishers,
      complete: true,
    });
    if (status !== 200) {
      throw new Error(`the ingest function answered ${status} ${textIn(body.message)}`);
    }
    return Array.isArray(body.unknown) ? body.unknown.map(String) : [];
  }

  async #ask(event: Record<string, unknown>): Promise<Verdict> {
    try {
      const answer = await this.#post(event);
      return answer.status === 200 ? { isAllowed: true } : refusalIn(answer);
    } catch {
      return UNREACHABLE;
    }
  }

  async #post(event: Record<string, unknown>): Promise<HookAnswer> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body: Object(body) };
  }
}
