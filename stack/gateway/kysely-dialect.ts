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
import type { ClientPool, PooledClient } from './client-pool.ts';
import { isConnectionLost } from './database-errors.ts';

const CHANGES_ROWS = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** The one statement that each request begins with: its plan depends on no table. */
const PREPARED = /^select set_config\(/;

/** A session while it is lent out. */
class Lease implements DatabaseConnection {
  readonly client: PooledClient;
  #losses: number;

  constructor(client: PooledClient) {
    this.client = client;
    this.#losses = client.losses;
  }

  /** After a loss the session would be a new one: no transaction, and not the request's role. */
  get isBroken(): boolean {
    return this.client.losses !== this.#losses;
  }

  /** A session that was lost while it lay idle is replaced: nothing has happened in it yet. */
  async begin(): Promise<void> {
    const begin = CompiledQuery.raw('begin');
    try {
      await this.executeQuery(begin);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      this.#losses = this.client.losses;
      await this.executeQuery(begin);
    }
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.isBroken) {
      throw Object.assign(new Error('The database session was lost.'), {
        code: 'CONNECTION_CLOSED',
      });
    }
    const parameters = [...query.parameters] as never[];
    const result = await this.client.sql.unsafe(query.sql, parameters, {
      prepare: PREPARED.test(query.sql),
    });
    const rows = [...result] as Row[];
    return CHANGES_ROWS.has(result.command)
      ? { rows, numAffectedRows: BigInt(result.count) }
      : { rows };
  }

  // biome-ignore lint/correctness/useYield: part of Kysely's interface that nothing here uses
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('The gateway does not stream rows.');
  }
}

class PoolDriver implements Driver {
  readonly #pool: ClientPool;

  constructor(pool: ClientPool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Lease> {
    return new Lease(await this.#pool.acquire());
  }

  async beginTransaction(lease: Lease): Promise<void> {
    await lease.begin();
  }

  async commitTransaction(lease: Lease): Promise<void> {
    await lease.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(lease: Lease): Promise<void> {
    if (!lease.isBroken) await lease.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(lease: Lease): Promise<void> {
    this.#pool.release(lease.client);
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** Kysely over a `ClientPool`. */
export function pooledPostgres(pool: ClientPool): Dialect {
  return {
    createDriver: () => new PoolDriver(pool),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}
