/** Who tells Redis of streams begins where the log ends when it is installed, not with years of history. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listMigrations } from '../../sql/cli/migration-files.ts';
import { migrateDown, migrateUp } from '../../sql/cli/migrations.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createStream, publish } from '../support/streams.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const claimed = () =>
  db.asService((sql) => sql`select event_type from public.claim_events('redis-streams', 1000)`);

test('what an old log says is not announced, what happens from then on is', async () => {
  const { id: owner } = await db.createUser();
  const stream = await createStream(db, owner);
  const names = (await listMigrations()).map(({ name }) => name);
  const before = names.at(names.findIndex((name) => name.endsWith('_viewers_counts')) - 1);
  await migrateDown({ url: db.url, target: { to: before as string } });
  await migrateUp({ url: db.url });
  expect(await claimed()).toHaveLength(0);
  await publish(db, stream);
  expect((await claimed()).map(({ event_type: type }) => type)).toContain('StreamStarted');
});
