import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import { quoteArgumentNames } from './argument-names.ts';
import { isConnectionLost } from './database-errors.ts';
import { unfoldNestedRows } from './nested-rows.ts';
import { requestContext } from './request-context.ts';
import type { Session } from './session.ts';
import type { SessionLender } from './session-pool.ts';

const CHANGES_ROWS = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** The one statement that each request begins with: its plan depends on no table. */
const PREPARED = /^select set_config\(/;

/** Auth and Storage answer 500 to most errors: the listener looks at what the cause was. */
function rememberAndThrow(error: unknown): never {
  const context = requestContext();
  if (context) context.databaseError = error;
  throw error;
}

/** A session while it is lent out. */
class Lease implements DatabaseConnection {
  readonly #lender: SessionLender;
  #session: Session;

  constructor(lender: SessionLender, session: Session) {
    this.#lender = lender;
    this.#session = session;
  }

  /** A session that was lost while it lay idle is replaced: nothing has happened in it yet. */
  async begin(): Promise<void> {
    try {
      await this.#session.run('begin');
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      this.release();
      this.#session = await this.#lender.acquire();
      await this.#session.run('begin');
    }
  }

  async rollback(): Promise<void> {
    if (!this.#session.isLost) await this.#session.run('rollback');
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const prepare = PREPARED.test(query.sql);
    const text = quoteArgumentNames(query.sql);
    const answer = await this.#session
      .run<Row>(text, query.parameters, { prepare })
      .catch(rememberAndThrow);
    await unfoldNestedRows(this.#session, answer);
    const { rows, command, count } = answer;
    return CHANGES_ROWS.has(command) ? { rows, numAffectedRows: BigInt(count) } : { rows };
  }

  // biome-ignore lint/correctness/useYield: part of Kysely's interface that nothing here uses
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('The gateway does not stream rows.');
  }

  release(): void {
    this.#lender.release(this.#session);
  }
}

class LendingDriver implements Driver {
  readonly #lender: SessionLender;

  constructor(lender: SessionLender) {
    this.#lender = lender;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Lease> {
    return new Lease(this.#lender, await this.#lender.acquire());
  }

  beginTransaction(lease: Lease): Promise<void> {
    return lease.begin();
  }

  async commitTransaction(lease: Lease): Promise<void> {
    await lease.executeQuery(CompiledQuery.raw('commit'));
  }

  rollbackTransaction(lease: Lease): Promise<void> {
    return lease.rollback();
  }

  async releaseConnection(lease: Lease): Promise<void> {
    lease.release();
  }

  async destroy(): Promise<void> {}
}

/** Kysely over sessions that are lent; whoever made the lender ends it. */
export function lentPostgres(lender: SessionLender): Dialect {
  return {
    createDriver: () => new LendingDriver(lender),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}
