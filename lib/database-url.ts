/** Where the database is. */
import { HOST } from './host.ts';
import { readPorts } from './local-ports.ts';

/** The URL of a local database for one role; local passwords equal the role's name. */
export function databaseUrl(port: number, role: string, database = 'postgres'): string {
  return `postgres://${role}:${role}@${HOST}:${port}/${database}`;
}

/** The local stack's database for one role. Throws as `readPorts` does. */
export function localDatabaseUrl(env: NodeJS.ProcessEnv, role: string): string {
  return databaseUrl(readPorts(env).db, role);
}

/** What a command works on as the owner: `DATABASE_URL`, else the local stack's. Throws as `readPorts` does. */
export function ownerDatabaseUrl(env: NodeJS.ProcessEnv): string {
  return env.DATABASE_URL || localDatabaseUrl(env, 'postgres');
}
