import type { CallerKind } from './caller.ts';
import { requestContext } from './request-context.ts';
import type { Session } from './session.ts';
import { PoolExhausted, type PoolSize, type SessionLender, SessionPool } from './session-pool.ts';

/** Each kind of caller has sessions of its own, so that no other can take them. */
const SHARES: Readonly<Record<CallerKind, PoolSize>> = {
  service: { sessions: 8 },
  auth: { sessions: 4, ofOneClient: 3 },
  user: { sessions: 8, ofOneClient: 4 },
  anonymous: { sessions: 8, ofOneClient: 4 },
};

/** The sessions that requests run in, divided among the kinds of callers and among their addresses. */
export class SessionShares implements SessionLender {
  readonly #pools: Readonly<Record<CallerKind, SessionPool>>;
  readonly #toldAt = new Map<CallerKind, number>();
  readonly #origins = new WeakMap<Session, SessionPool>();

  /** @param open opens a session for a kind of caller */
  constructor(open: (kind: CallerKind) => Session) {
    const poolOf = (kind: CallerKind) => new SessionPool(SHARES[kind], () => open(kind));
    this.#pools = {
      service: poolOf('service'),
      auth: poolOf('auth'),
      user: poolOf('user'),
      anonymous: poolOf('anonymous'),
    };
  }

  /**
   * Lends a session of the share of whoever sent the request being served; what the gateway does on
   * its own account is a service.
   *
   * @throws PoolExhausted when none comes free in time; the request's context says so as well
   */
  async acquire(): Promise<Session> {
    const request = requestContext();
    const { kind, block } = request?.caller ?? { kind: 'service', block: '' };
    const pool = this.#pools[kind];
    try {
      const session = await pool.acquire(kind === 'service' ? '' : block);
      this.#origins.set(session, pool);
      return session;
    } catch (error) {
      if (request && error instanceof PoolExhausted) {
        request.exhausted = error;
        this.#tell(kind, block);
      }
      throw error;
    }
  }

  release(session: Session): void {
    this.#origins.get(session)?.release(session);
  }

  /** Tells the operator, but lets nobody fill the log. */
  #tell(kind: CallerKind, block: string): void {
    const now = performance.now();
    if (now - (this.#toldAt.get(kind) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    this.#toldAt.set(kind, now);
    console.error(`no session is free for ${kind} callers, such as ${block} (told once a minute)`);
  }

  async end(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.end()));
  }
}
