import { PostgresConnection } from '@supabase/lite/postgres';
import { Kysely } from 'kysely';
import { databaseUrl } from '../../lib/database-url.ts';
import type { StackConfig } from '../config.ts';
import { CachedReading } from './cached-reading.ts';
import { asPostgrestError } from './database-errors.ts';
import { nameRelationships } from './embed-hints.ts';
import { lentPostgres } from './kysely-dialect.ts';
import { readRoleSettings } from './role-settings.ts';
import { readSchema } from './schema.ts';
import { followSchemaChanges } from './schema-changes.ts';
import { Session } from './session.ts';
import { SessionPool } from './session-pool.ts';
import { applySessionSettings, type SessionVars } from './session-settings.ts';
import { SessionShares } from './session-shares.ts';
import { WIRE_TYPES } from './wire-types.ts';

/** For the gateway's own questions, which must not wait for requests that wait for them. */
const OWN_SESSIONS = 2;

/** A request to the Data API as lite has parsed it. */
type Query = Parameters<PostgresConnection['onPostgrestAST']>[0];
/** A query of a client is one process of the server, so that it takes no more than one core. */
const ONE_PROCESS = { max_parallel_workers_per_gather: 0 };

export interface GatewayConnection {
  readonly lite: PostgresConnection;
  /** For the gateway's own questions, as its own role. */
  readonly own: SessionPool;
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
  const lite = new PostgresConnection({ url, postgresOptions: { types: WIRE_TYPES } });
  const options = {
    connect_timeout: 5,
    onnotice() {},
    types: lite.driver.options.types, // lite's, with ours
    connection: { application_name: 'streambed-gateway', TimeZone: 'UTC' },
  };
  const requests = new SessionShares((kind) => {
    const more = kind === 'service' ? {} : ONE_PROCESS;
    return new Session(url, { ...options, connection: { ...options.connection, ...more } });
  });
  const own = new SessionPool({ sessions: OWN_SESSIONS }, () => new Session(url, options));
  const introspect = lite.introspect.bind(lite);
  const check = lite.onPostgrestAST.bind(lite);
  const roleSettings = new CachedReading(() => readRoleSettings(own));
  const schema = new CachedReading(() => readSchema(own, schemas, introspect));

  Object.assign(lite, {
    kysely: new Kysely({ dialect: lentPostgres(requests) }),
    introspect: () => schema.get(),
    clearSchemaCache: async () => schema.clear(),
    // lite's own would create roles and grant everything to them; true means: always SET ROLE.
    ensureRlsContext: async () => true,
    applyJwtSessionContext: async (transaction: Kysely<unknown>, vars: SessionVars) =>
      applySessionSettings(transaction, vars, await roleSettings.get()),
    // Part of the above, which saves its round trips.
    applyRpcRequestGucs: async () => {},
    normalizeDbError: asPostgrestError,
    onPostgrestAST: async (query: Query) => check(nameRelationships(query, await schema.get())),
  });

  const endFollowing = followSchemaChanges(
    (onNotify) => new Session(url, options, onNotify),
    () => {
      schema.clear();
      roleSettings.clear();
    },
  );
  return {
    lite,
    own,
    prepare: async () => {
      await Promise.all([schema.get(), roleSettings.get()]);
    },
    close: async () => {
      await Promise.all([endFollowing(), requests.end(), own.end()]);
    },
  };
}
