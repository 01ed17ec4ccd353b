import { join } from 'node:path';
import { type PostgresPackage, postgresBinDir } from './binaries.ts';
import { postgresOsUser } from './os-user.ts';
import { reachablePrograms } from './reachable-programs.ts';
import type { ServerSettings } from './settings.ts';

/** The role that `initdb` makes: the superuser that only the bootstrap uses. */
export const SUPERUSER = 'supabase_admin';

export interface ClusterOptions {
  /** The stack's data folder; the cluster lives in its subfolder `postgres`. */
  readonly dataDir: string;
  readonly port: number;
  readonly packageName?: PostgresPackage;
  /** A folder with `initdb` and `postgres` of an installed server, instead of an npm package. */
  readonly binDir?: string;
  readonly settings?: ServerSettings;
}

/** Where the cluster's files are. */
export function clusterDir(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/** The folder that the server's programs are run from. */
export function programs({ packageName, binDir }: ClusterOptions): string {
  return reachablePrograms(binDir ?? postgresBinDir(packageName), postgresOsUser());
}
