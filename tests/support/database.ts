/** A migrated database of a test file's own, and the ways to act on it. */
import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { databaseUrl } from '../../lib/database-url.ts';
import { actAs, type Work } from './actors.ts';
import { TEMPLATE } from './global-setup.ts';
import { asSuperuser } from './scratch-cluster.ts';
import { sharedClusterPort } from './shared-cluster.ts';
import { createUser, type NewUser, type TestUser } from './users.ts';

export { expectFailure } from './failure.ts';
export type { NewUser, TestUser } from './users.ts';

export interface ActOptions {
  /** Further claims of the access token, `session_id` for one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The request's headers, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs `work` as somebody: one transaction, committed unless it throws. */
export type Act = <T>(work: Work<T>, options?: ActOptions) => Promise<T>;

export interface TestDatabase {
  /** As role `postgres`. */
  readonly url: string;
  readonly name: string;
  /** As role `postgres`, which owns the product's objects. */
  readonly sql: Sql;
  /** As the superuser, for what no role of the product may do. */
  readonly superuser: Sql;
  /** Runs `work` as a signed-in user: one transaction, committed unless it throws. */
  asUser<T>(userId: string, work: Work<T>, options?: ActOptions): Promise<T>;
  /** `asUser` for one user, where a test tries the same as several. */
  as(user: TestUser): Act;
  readonly asAnon: Act;
  readonly asService: Act;
  /** A signed-in admin, one that is made at the first call. */
  readonly asAdmin: Act;
  createUser(options?: NewUser): Promise<TestUser>;
  /**
   * Opens `count` separate connections for a race, already connected; `drop` closes them.
   *
   * @param role who logs in; `actAs` turns an `authenticator` into a client
   */
  connect(count: number, role?: string): Promise<Sql[]>;
  /** Closes every connection and deletes the database. */
  drop(): Promise<void>;
}

function open(port: number, role: string, name: string, max: number): Sql {
  return postgres(databaseUrl(port, role, name), { max, onnotice() {}, idle_timeout: 60 });
}

async function cloneTemplate(port: number): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(
    databaseUrl(port, 'supabase_admin'),
    `create database ${name} template ${TEMPLATE} owner postgres`,
  );
  return name;
}

function memoise<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Creates a database of its own for a test file; call `drop` in `afterAll`. */
export async function createDatabase(): Promise<TestDatabase> {
  return createDatabaseOn(await sharedClusterPort());
}

/** Creates a database on the run's server, which listens on `port`; call `drop` at the end. */
export async function createDatabaseOn(port: number): Promise<TestDatabase> {
  const name = await cloneTemplate(port);
  const sql = open(port, 'postgres', name, 4);
  const superuser = open(port, 'supabase_admin', name, 2);
  const api = open(port, 'authenticator', name, 8);
  const opened = [sql, superuser, api];

  const asUser: TestDatabase['asUser'] = (userId, work, { claims, headers } = {}) =>
    actAs(api, { role: 'authenticated', userId, ...(claims && { claims }) }, work, headers);
  const makeUser = (options: NewUser = {}) => createUser(superuser, options);
  const admin = memoise(() => makeUser({ role: 'admin' }));

  return {
    url: databaseUrl(port, 'postgres', name),
    name,
    sql,
    superuser,
    asUser,
    as: (user) => (work, options) => asUser(user.id, work, options),
    asAnon: (work, { headers } = {}) => actAs(api, { role: 'anon' }, work, headers),
    asService: (work, { headers } = {}) => actAs(api, { role: 'service_role' }, work, headers),
    asAdmin: async (work, options) => asUser((await admin()).id, work, options),
    createUser: makeUser,
    async connect(count, role = 'authenticator') {
      const connections = Array.from({ length: count }, () => open(port, role, name, 1));
      opened.push(...connections);
      await Promise.all(connections.map((connection) => connection`select 1`));
      return connections;
    },
    async drop() {
      await Promise.all(opened.map((connection) => connection.end({ timeout: 5 })));
      await asSuperuser(
        databaseUrl(port, 'supabase_admin'),
        `drop database if exists ${name} with (force)`,
      );
    },
  };
}
