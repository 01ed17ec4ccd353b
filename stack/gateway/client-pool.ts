import postgres from 'postgres';

/** As PostgREST's `db-pool-acquisition-timeout`. */
const PATIENCE_MS = 10_000;

/** One database session, which reconnects when it is used again after a loss. */
export class PooledClient {
  readonly sql: postgres.Sql;
  #losses = 0;

  constructor(url: string, options: postgres.Options<Record<string, postgres.PostgresType>>) {
    this.sql = postgres(url, {
      ...options,
      max: 1,
      max_lifetime: null, // it would end a session between two statements of a transaction
      onclose: () => {
        this.#losses += 1;
      },
    });
  }

  /** How often the session was lost: a transaction that sees this change is over. */
  get losses(): number {
    return this.#losses;
  }
}

interface Waiter {
  readonly take: (client: PooledClient) => void;
  readonly timer: NodeJS.Timeout;
}

/** Says that every session stayed busy for too long. */
export class PoolExhausted extends Error {
  readonly code = 'POOL_EXHAUSTED';
}

/**
 * A bounded number of database sessions, each lent to one user at a time.
 *
 * The driver's own way of lending a session (`reserve`) is not used, because it ends the process when
 * the server goes away in the middle of a transaction.
 */
export class ClientPool {
  readonly #open: () => PooledClient;
  readonly #size: number;
  readonly #all: PooledClient[] = [];
  readonly #idle: PooledClient[] = [];
  readonly #waiting: Waiter[] = [];

  constructor(size: number, open: () => PooledClient) {
    this.#size = size;
    this.#open = open;
  }

  /** Lends a session; throws `PoolExhausted` when none comes free in time. */
  acquire(): Promise<PooledClient> {
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#all.length < this.#size) {
      const client = this.#open();
      this.#all.push(client);
      return Promise.resolve(client);
    }
    return new Promise((take, refuse) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        refuse(new PoolExhausted('Every database session has been busy for too long.'));
      };
      const waiter = { take, timer: setTimeout(giveUp, PATIENCE_MS) };
      this.#waiting.push(waiter);
    });
  }

  release(client: PooledClient): void {
    const waiter = this.#waiting.shift();
    if (!waiter) {
      this.#idle.push(client);
      return;
    }
    clearTimeout(waiter.timer);
    waiter.take(client);
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map(({ sql }) => sql.end({ timeout: 2 })));
  }
}
