/**
 * What a test asks for by naming it: made once a file, when the first test names it, and cleared away
 * after the file's last test. See docs/testing.md.
 */
import { test as base } from 'vitest';
import { openDatabase } from './broadcaster.ts';
import { createDatabaseOn } from './database.ts';
import { sharedClusterPort } from './shared-cluster.ts';
import { startStack } from './stack.ts';

export { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
export { expectFailure } from './failure.ts';

const NONE: NodeJS.ProcessEnv = {};

/** Vitest's `test` with Streambed's fixtures. */
export const test = base
  .extend('clusterPort', { scope: 'worker' }, sharedClusterPort)
  /** A migrated database of the file's own. */
  .extend('db', { scope: 'file' }, async ({ clusterPort }, { onCleanup }) => {
    const db = await createDatabaseOn(clusterPort);
    onCleanup(() => db.drop());
    return db;
  })
  /** A user of `db` whose things a test looks at. */
  .extend('owner', { scope: 'file' }, ({ db }) => db.createUser())
  /** Another user, to whom they do not belong. */
  .extend('stranger', { scope: 'file' }, ({ db }) => db.createUser())
  .extend('admin', { scope: 'file' }, ({ db }) => db.createUser({ role: 'admin' }))
  /** Variables for `stack`; a file gives its own with `test.override('stackEnv', { … })`. */
  .extend('stackEnv', { scope: 'file' }, NONE)
  /** A whole local stack of the file's own, ready. */
  .extend('stack', { scope: 'file' }, async ({ stackEnv }, { onCleanup }) => {
    const stack = await startStack({ env: stackEnv });
    onCleanup(() => stack.stop());
    return stack;
  })
  /** The stack's database, as role `postgres`. */
  .extend('stackSql', { scope: 'file' }, ({ stack }, { onCleanup }) => {
    const sql = openDatabase(stack);
    onCleanup(() => sql.end());
    return sql;
  });
