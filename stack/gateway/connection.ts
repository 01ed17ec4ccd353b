import { PostgresConnection } from '@supabase/lite/postgres';
import type { Kysely } from 'kysely';
import { databaseUrl, type StackConfig } from '../config.ts';
import { asPostgrestError } from './database-errors.ts';
import { type RoleSettings, readRoleSettings } from './role-settings.ts';
import { SchemaCache } from './schema-cache.ts';
import { applySessionSettings, type SessionVars } from './session-settings.ts';
import { WIRE_TYPES } from './wire-types.ts';

const POOL_SIZE = 10;
const LISTEN_RETRY_MS = 1_000;

export interface GatewayConnection {
  readonly lite: PostgresConnection;
  /** Starts to follow `notify pgrst`, and keeps on following through restarts of the database. */
  follow(): void;
  close(): Promise<void>;
}

/**
 * lite's connection, with a login that owns nothing, and with its way of granting, of setting up a
 * transaction and of telling errors replaced by PostgREST's.
 */
export function openConnection(config: StackConfig): GatewayConnection {
  const lite = new PostgresConnection({
    url: databaseUrl(config.ports.db, 'streambed_gateway'),
    postgresOptions: {
      max: POOL_SIZE,
      connect_timeout: 5,
      onnotice() {},
      types: WIRE_TYPES,
      connection: { application_name: 'streambed-gateway' },
    },
  });
  let roleSettings: RoleSettings = new Map();
  let roleSettingsAreRead: Promise<void> | undefined;
  let closing = false;

  const schema = new SchemaCache(lite.introspect.bind(lite, { useCache: false }));
  const readSettings = () => {
    roleSettingsAreRead ??= readRoleSettings(lite.driver).then(
      (settings) => {
        roleSettings = settings;
      },
      (error) => {
        roleSettingsAreRead = undefined;
        throw error;
      },
    );
    return roleSettingsAreRead;
  };
  const forget = () => {
    schema.clear();
    roleSettingsAreRead = undefined;
  };

  Object.assign(lite, {
    introspect: () => schema.get(),
    clearSchemaCache: async () => schema.clear(),
    // lite's own would create roles and grant everything to them; true means: always SET ROLE.
    ensureRlsContext: async () => true,
    applyJwtSessionContext: async (transaction: Kysely<unknown>, vars: SessionVars) => {
      await readSettings();
      await applySessionSettings(transaction, vars, roleSettings);
    },
    // Part of the above, which saves its round trips.
    applyRpcRequestGucs: async () => {},
    normalizeDbError: asPostgrestError,
  });

  const follow = async () => {
    while (!closing) {
      try {
        await lite.driver.listen('pgrst', forget, forget);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LISTEN_RETRY_MS));
      }
    }
  };
  return {
    lite,
    follow: () => void follow(),
    close: async () => {
      closing = true;
      await lite.driver.end({ timeout: 2 });
    },
  };
}
