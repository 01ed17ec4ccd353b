import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from './caller.ts';
import type { RequestRefused } from './request-refused.ts';
import type { PoolExhausted } from './session-pool.ts';

/** What the database may know of the request that a statement serves. */
export interface RequestContext {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: Caller;
  /** The database role that the request runs as, once known. */
  role?: string;
  /** Set by the storage adapter when it answers a `Range` request with a part of the file. */
  contentRange?: string;
  /** The gateway's own refusal, which is the answer whatever lite makes of it. */
  refused?: RequestRefused;
  /** The last error of the database. */
  databaseError?: unknown;
  /** Why the request got no session of the database. */
  exhausted?: PoolExhausted;
}

const current = new AsyncLocalStorage<RequestContext>();

/** Runs `work` so that everything it calls finds this context. */
export function withRequestContext<T>(context: RequestContext, work: () => Promise<T>): Promise<T> {
  return current.run(context, work);
}

/** The request being served, or undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return current.getStore();
}
