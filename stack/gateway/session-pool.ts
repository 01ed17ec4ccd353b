import type { Answer, Session } from './session.ts';

/** As PostgREST's `db-pool-acquisition-timeout`. */
const PATIENCE_MS = 10_000;
const MOST_WAITING = 1000;
const MOST_WAITING_OF_ONE = 200;

/** How many sessions there are, and how many of them one client may hold at once. */
export interface PoolSize {
  readonly sessions: number;
  readonly ofOneClient?: number;
}

/** Lends sessions of the database, each to one user at a time. */
export interface SessionLender {
  /** Lends a session; throws `PoolExhausted` when none comes free in time. */
  acquire(): Promise<Session>;
  release(session: Session): void;
}

interface Waiter {
  readonly client: string;
  readonly take: (session: Session) => void;
  readonly timer: NodeJS.Timeout;
}

/** Says that no session came free. */
export class PoolExhausted extends Error {
  readonly code = 'POOL_EXHAUSTED';
  /** True when the client's own requests hold it up, and not those of others. */
  readonly isByClient: boolean;

  constructor(isByClient: boolean) {
    super('Every database session has been busy for too long.');
    this.isByClient = isByClient;
  }
}

/**
 * A bounded number of database sessions, each lent to one user at a time; lost ones are replaced.
 * Of the clients that wait, the one that holds the fewest is next.
 *
 * The driver's own way of lending a session (`reserve`) is not used, because it ends the process when
 * the server goes away in the middle of a transaction.
 */
export class SessionPool implements SessionLender {
  readonly #open: () => Session;
  readonly #sessions: number;
  readonly #ofOneClient: number;
  /** Each with the client that holds it. */
  readonly #lent = new Map<Session, string>();
  readonly #idle: Session[] = [];
  readonly #waiting: Waiter[] = [];

  constructor({ sessions, ofOneClient = sessions }: PoolSize, open: () => Session) {
    this.#sessions = sessions;
    this.#ofOneClient = ofOneClient;
    this.#open = open;
  }

  /**
   * Lends a session.
   *
   * @param client who asks, where a client's part is bounded
   * @throws PoolExhausted when none comes free in time, or too many wait already
   */
  acquire(client = ''): Promise<Session> {
    if (this.#hasRoomFor(client)) return Promise.resolve(this.#lend(client));
    const ofClient = this.#waiting.filter((waiter) => waiter.client === client).length;
    if (ofClient >= MOST_WAITING_OF_ONE) return Promise.reject(new PoolExhausted(true));
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(new PoolExhausted(false));
    return this.#wait(client);
  }

  release(session: Session): void {
    this.#lent.delete(session);
    if (session.isLost) void session.close();
    else this.#idle.push(session);
    const next = this.#nextWaiter();
    if (!next) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    clearTimeout(next.timer);
    next.take(this.#lend(next.client));
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
    await Promise.all([...this.#lent.keys(), ...this.#idle].map((session) => session.close()));
  }

  #wait(client: string): Promise<Session> {
    return new Promise((take, refuse) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        refuse(new PoolExhausted(this.#heldBy(client) >= this.#ofOneClient));
      };
      const waiter = { client, take, timer: setTimeout(giveUp, PATIENCE_MS) };
      this.#waiting.push(waiter);
    });
  }

  #heldBy(client: string): number {
    return [...this.#lent.values()].filter((holder) => holder === client).length;
  }

  #hasRoomFor(client: string): boolean {
    return this.#lent.size < this.#sessions && this.#heldBy(client) < this.#ofOneClient;
  }

  #nextWaiter(): Waiter | undefined {
    let [next, fewest] = [undefined as Waiter | undefined, this.#ofOneClient];
    for (const waiter of this.#waiting) {
      const held = this.#heldBy(waiter.client);
      if (held < fewest) [next, fewest] = [waiter, held];
    }
    return next;
  }

  #lend(client: string): Session {
    let session = this.#idle.pop();
    while (session?.isLost) {
      void session.close();
      session = this.#idle.pop();
    }
    session ??= this.#open();
    this.#lent.set(session, client);
    return session;
  }
}
