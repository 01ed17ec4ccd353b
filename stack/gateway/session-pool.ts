import type { Answer, Session } from './session.ts';

/** As PostgREST's `db-pool-acquisition-timeout`. */
const PATIENCE_MS = 10_000;

interface Waiter {
  readonly take: (session: Session) => void;
  readonly timer: NodeJS.Timeout;
}

/** Says that every session stayed busy for too long. */
export class PoolExhausted extends Error {
  readonly code = 'POOL_EXHAUSTED';
}

/**
 * A bounded number of database sessions, each lent to one user at a time; lost ones are replaced.
 *
 * The driver's own way of lending a session (`reserve`) is not used, because it ends the process when
 * the server goes away in the middle of a transaction.
 */
export class SessionPool {
  readonly #open: () => Session;
  readonly #size: number;
  readonly #lent = new Set<Session>();
  readonly #idle: Session[] = [];
  readonly #waiting: Waiter[] = [];

  constructor(size: number, open: () => Session) {
    this.#size = size;
    this.#open = open;
  }

  /** Lends a session; throws `PoolExhausted` when none comes free in time. */
  acquire(): Promise<Session> {
    if (this.#lent.size < this.#size) return Promise.resolve(this.#lend());
    return new Promise((take, refuse) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        refuse(new PoolExhausted('Every database session has been busy for too long.'));
      };
      const waiter = { take, timer: setTimeout(giveUp, PATIENCE_MS) };
      this.#waiting.push(waiter);
    });
  }

  release(session: Session): void {
    this.#lent.delete(session);
    if (session.isLost) void session.close();
    else this.#idle.push(session);
    const waiter = this.#waiting.shift();
    if (!waiter) return;
    clearTimeout(waiter.timer);
    waiter.take(this.#lend());
  }

  /** Runs one statement in a session of its own. */
  async run<Row>(text: string, parameters?: readonly unknown[]): Promise<Answer<Row>> {
    const session = await this.acquire();
    try {
      return await session.run<Row>(text, parameters);
    } finally {
      this.release(session);
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#lent, ...this.#idle].map((session) => session.close()));
  }

  #lend(): Session {
    let session = this.#idle.pop();
    while (session?.isLost) {
      void session.close();
      session = this.#idle.pop();
    }
    session ??= this.#open();
    this.#lent.add(session);
    return session;
  }
}
