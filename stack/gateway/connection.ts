import { PostgresConnection } from '@supabase/lite/postgres';
import type { Kysely } from 'kysely';
import { databaseUrl, type StackConfig } from '../config.ts';
import { CachedReading } from './cached-reading.ts';
import { asPostgrestError } from './database-errors.ts';
import { readRoleSettings } from './role-settings.ts';
import { readSchema } from './schema.ts';
import { followSchemaChanges } from './schema-changes.ts';
import { applySessionSettings, type SessionVars } from './session-settings.ts';
import { WIRE_TYPES } from './wire-types.ts';

const POOL_SIZE = 10;

export interface GatewayConnection {
  readonly lite: PostgresConnection;
  close(): Promise<void>;
}

function connectAsGateway(config: StackConfig): PostgresConnection {
  return new PostgresConnection({
    url: databaseUrl(config.ports.db, 'streambed_gateway'),
    postgresOptions: {
      max: POOL_SIZE,
      connect_timeout: 5,
      onnotice() {},
      types: WIRE_TYPES,
      connection: { application_name: 'streambed-gateway' },
    },
  });
}

/**
 * lite's connection, with a login that owns nothing, and with its ways of granting, of setting up a
 * transaction, of keeping the schema and of telling errors replaced by PostgREST's.
 *
 * @param schemas the schemas that the Data API exposes
 */
export function openConnection(config: StackConfig, schemas: readonly string[]): GatewayConnection {
  const lite = connectAsGateway(config);
  const introspect = lite.introspect.bind(lite);
  const roleSettings = new CachedReading(() => readRoleSettings(lite.driver));
  const schema = new CachedReading(() => readSchema(lite.driver, schemas, introspect));

  Object.assign(lite, {
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
    close: async () => {
      endFollowing();
      await lite.driver.end({ timeout: 2 });
    },
  };
}
