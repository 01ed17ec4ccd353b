/** Through a transaction pooler no two statements need meet the same connection; nothing may build on one. */
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { migrateDown, migrateUp, pendingMigrations } from '../../sql/cli/migrations.ts';
import { actAs } from '../support/actors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Pooler, startPooler } from '../support/pooler.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';
import { sharedClusterPort } from '../support/shared-cluster.ts';
import { beginIngest, createStream } from '../support/streams.ts';

const CLIENTS = 12;

let db: TestDatabase;
let pooler: Pooler;
const opened: Sql[] = [];
beforeAll(async () => {
  db = await createDatabase();
  pooler = await startPooler(await sharedClusterPort(), ['postgres', 'authenticator']);
});
afterAll(async () => {
  await Promise.all(opened.map((sql) => sql.end({ timeout: 5 })));
  await pooler?.stop();
  await db?.drop();
});

/** As many clients as named, of which the pooler lets two work at a time. */
function connect(role: string, count: number): Sql[] {
  const url = databaseUrl(pooler.port, role, db.name);
  const clients = Array.from({ length: count }, () =>
    postgres(url, { max: 1, prepare: false, onnotice() {} }),
  );
  opened.push(...clients);
  return clients;
}

test('users act as themselves, however many share a connection', async () => {
  const users = await Promise.all(Array.from({ length: CLIENTS }, () => db.createUser()));
  const seen = await Promise.all(
    connect('authenticator', CLIENTS).map((sql, index) =>
      actAs(sql, { role: 'authenticated', userId: users[index]?.id ?? '' }, async (own) => {
        await own`select pg_sleep(0.01)`;
        return own`select id from public.users`;
      }),
    ),
  );
  expect(seen.map((rows) => rows.map(({ id }) => id))).toEqual(users.map(({ id }) => [id]));
});

test('publishes race through it, and the limit holds', async () => {
  const owner = await db.createUser();
  const streams = await Promise.all(
    Array.from({ length: CLIENTS }, () => createStream(db, owner.id)),
  );
  const answers = await Promise.all(
    connect('postgres', CLIENTS).map((sql, index) =>
      beginIngest(sql, streams[index] as (typeof streams)[number]),
    ),
  );
  expect(answers.filter(({ admitted }) => admitted)).toHaveLength(1);
});

test('events are appended, read and consumed through it', async () => {
  const clients = connect('postgres', CLIENTS);
  const id = crypto.randomUUID();
  await Promise.all(
    clients.map((sql) => sql`select public.append_event('Pooled', ${id}, 'PoolTried', '{}')`),
  );
  const versions =
    await (clients[0] as Sql)`select version from public.get_events('Pooled', ${id})`;
  expect(versions.map(({ version }) => Number(version))).toEqual(
    Array.from({ length: CLIENTS }, (_, index) => index + 1),
  );
});

test('migrations run through it, all up and all down', async () => {
  const cluster: ScratchCluster = await startScratchCluster();
  let own: Pooler | undefined;
  try {
    await cluster.createBootstrapped('pooled');
    own = await startPooler(cluster.port, ['postgres']);
    const url = databaseUrl(own.port, 'postgres', 'pooled');
    const applied = await migrateUp({ url });
    expect(applied.length).toBeGreaterThan(20);
    expect(await pendingMigrations(url)).toEqual([]);
    expect(await migrateDown({ url, target: { all: true } })).toHaveLength(applied.length);
  } finally {
    await own?.stop();
    await cluster.stop();
  }
});
