import { PostgresConnection } from '@supabase/lite/postgres';
import { Kysely } from 'kysely';
import { databaseUrl, type StackConfig } from '../config.ts';
import { CachedReading } from './cached-reading.ts';
import { ClientPool, PooledClient } from './client-pool.ts';
import { asPostgrestError } from './database-errors.ts';
import { pooledPostgres } from './kysely-dialect.ts';
import { readRoleSettings } from './role-settings.ts';
import { readSchema } from './schema.ts';
import { followSchemaChanges } from './schema-changes.ts';
import { applySessionSettings, type SessionVars } from './session-settings.ts';
import { WIRE_TYPES } from './wire-types.ts';

const POOL_SIZE = 10;
/** For the gateway's own questions, which must not wait for requests that wait for them. */
const OWN_SESSIONS = 2;

const CLIENT_OPTIONS = {
  connect_timeout: 5,
  backoff: () => 0.1, // seconds: a local server that restarts is soon back
  onnotice() {},
  types: WIRE_TYPES,
  connection: { application_name: 'streambed-gateway', TimeZone: 'UTC' },
} as const;

export interface GatewayConnection {
  readonly lite: PostgresConnection;
  /** Reads what each request needs, unless it is known; throws when the database is away. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

/**
 * lite's connection, with a login that owns nothing, and with its ways of lending sessions, of
 * granting, of setting up a transaction, of keeping the schema and of telling errors replaced by
 * PostgREST's.
 *
 * @param schemas the schemas that the Data API exposes
 */
export function openConnection(config: StackConfig, schemas: readonly string[]): GatewayConnection {
  const url = databaseUrl(config.ports.db, 'streambed_gateway');
  const lite = new PostgresConnection({
    url,
    postgresOptions: { ...CLIENT_OPTIONS, max: OWN_SESSIONS },
  });
  const { types } = lite.driver.options; // lite's, with ours
  const pool = new ClientPool(POOL_SIZE, () => new PooledClient(url, { ...CLIENT_OPTIONS, types }));
  const introspect = lite.introspect.bind(lite);
  const roleSettings = new CachedReading(() => readRoleSettings(lite.driver));
  const schema = new CachedReading(() => readSchema(lite.driver, schemas, introspect));

  Object.assign(lite, {
    kysely: new Kysely({ dialect: pooledPostgres(pool) }),
    introspect: () => schema.get(),
    clearSchemaCache: async () => schema.clear(),
    // lite's own would create roles and grant everything to them; true means: always SET ROLE.
    ensureRlsContext: async () => true,
    applyJwtSessionContext: async (transaction: Kysely<unknown>, vars: SessionVars) =>
      applySessionSettings(transaction, vars, await roleSettings.get()),
    // Part of the above, which saves its round trips.
    applyRpcRequestGucs: async () => {},
    normalizeDbError: asPostgrestError,
  });

  const endFollowing = followSchemaChanges(lite.driver, () => {
    schema.clear();
    roleSettings.clear();
  });
  return {
    lite,
    prepare: async () => {
      await Promise.all([schema.get(), roleSettings.get()]);
    },
    close: async () => {
      endFollowing();
      await Promise.all([pool.end(), lite.driver.end({ timeout: 2 })]);
    },
  };
}
