/** The worker's connection to the database: calls that always end. */
import postgres, { type PendingQuery, type Row, type Sql } from 'postgres';

const CALL_TIMEOUT_MS = 8_000;
const CONNECT_TIMEOUT_SECONDS = 5;

/** The database did not answer in time; whether it did what it was asked is not known. */
export class NoAnswer extends Error {}

/** Connects without prepared statements, so that a transaction pooler may stand in between. */
export function open(url: string, max: number): Sql {
  return postgres(url, {
    max,
    prepare: false,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    keep_alive: 10,
    idle_timeout: 300,
    max_lifetime: null,
    connection: { application_name: 'streambed-worker' },
    onnotice() {},
  });
}

export class Connection {
  readonly #url: string;
  #sql: Sql;

  constructor(url: string) {
    this.#url = url;
    this.#sql = open(url, 4);
  }

  /**
   * Runs one statement.
   * @throws NoAnswer, or what the database says
   */
  async ask<T extends Row>(statement: (sql: Sql) => PendingQuery<T[]>): Promise<T> {
    const sql = this.#sql;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#replace(sql);
        reject(new NoAnswer('the database did not answer in time'));
      }, CALL_TIMEOUT_MS);
    });
    try {
      const [row] = await Promise.race([statement(sql), tooLate]);
      return row as T;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 1 }).catch(() => {});
  }

  /** A connection that hangs is not asked a second time. */
  #replace(hanging: Sql): void {
    if (this.#sql !== hanging) return;
    this.#sql = open(this.#url, 4);
    void hanging.end({ timeout: 0 }).catch(() => {});
  }
}
