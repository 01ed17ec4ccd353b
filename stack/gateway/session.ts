import postgres from 'postgres';
import { asBadValue, toParameter } from './parameters.ts';

export type SessionOptions = postgres.Options<Record<string, postgres.PostgresType>>;

export interface Answer<Row> {
  readonly rows: Row[];
  /** `SELECT`, `INSERT`, … */
  readonly command: string;
  /** Rows that were read or changed. */
  readonly count: number;
  /** The columns of the rows, each with the number of its type. */
  readonly columns: readonly { readonly name: string; readonly type: number }[];
}

function sessionLost(): Error {
  return Object.assign(new Error('The database session was lost.'), { code: 'CONNECTION_CLOSED' });
}

/**
 * One database session, connected by its first statement. Once lost it stays lost: the driver would
 * reconnect, but the next statement of a transaction must not run in a new session, outside of the
 * transaction and as another role; and a statement under way at the loss may never be settled by the
 * driver, so the session settles it.
 */
export class Session {
  readonly #sql: postgres.Sql;
  #isLost = false;
  #abandon: ((error: Error) => void) | undefined;
  #tellLoss: () => void = () => {};
  /** Settles when the session is lost. */
  readonly lost: Promise<void>;

  /** @param onNotify called with the channel of each notification */
  constructor(
    url: string,
    options: SessionOptions,
    onNotify: (channel: string) => void = () => {},
  ) {
    this.lost = new Promise((resolve) => {
      this.#tellLoss = resolve;
    });
    const more = {
      max: 1,
      max_lifetime: null, // it would end the session between two statements of a transaction
      onclose: () => this.#lose(),
      onnotify: onNotify, // not in the driver's types
    };
    this.#sql = postgres(url, { ...options, ...more });
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Runs one statement; the caller waits for it before the next. */
  run<Row>(
    text: string,
    parameters: readonly unknown[] = [],
    { prepare = false } = {},
  ): Promise<Answer<Row>> {
    if (this.#isLost) return Promise.reject(sessionLost());
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      this.#sql.unsafe(text, parameters.map(toParameter) as never[], { prepare }).then(
        (rows) =>
          resolve({
            rows: [...rows] as Row[],
            command: rows.command,
            count: rows.count,
            columns: rows.columns ?? [],
          }),
        (error) => reject(asBadValue(error)),
      );
    });
  }

  async close(): Promise<void> {
    this.#lose();
    await this.#sql.end({ timeout: 0 });
  }

  #lose(): void {
    this.#isLost = true;
    this.#abandon?.(sessionLost());
    this.#tellLoss();
  }
}
