/** A database on the shared server that was never migrated. */
import { randomBytes } from 'node:crypto';
import { databaseUrl } from '../../lib/database-url.ts';
import { asSuperuser } from './scratch-cluster.ts';
import { sharedClusterPort } from './shared-cluster.ts';

export interface EmptyDatabase {
  /** As role `postgres`, which owns it. */
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates one; call `drop` in `afterEach` or `afterAll`. */
export async function createEmptyDatabase(): Promise<EmptyDatabase> {
  const port = await sharedClusterPort();
  const admin = databaseUrl(port, 'supabase_admin');
  const name = `empty_${randomBytes(6).toString('hex')}`;
  await asSuperuser(admin, `create database ${name} owner postgres`);
  return {
    url: databaseUrl(port, 'postgres', name),
    drop: () => asSuperuser(admin, `drop database if exists ${name} with (force)`),
  };
}
