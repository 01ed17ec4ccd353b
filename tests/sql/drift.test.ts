import type { TestDatabase } from '../support/database.ts';
import { expect, test } from '../support/fixtures.ts';
import { randomFrom } from '../support/random.ts';
import { beginIngest, createStream, type TestStream } from '../support/streams.ts';

const WORKERS = 8;
const STEPS = 60;

const drifted = (db: TestDatabase) => db.sql`
  select streams.id from public.streams
  left join public.stream_sessions as session on session.stream_id = streams.id and session.is_active
  where is_live is distinct from (session.id is not null)
    or (is_live and streams.started_at is distinct from session.started_at)
    or (is_live and ended_at is not null)
  union all
  select users.id from public.users
  where streams_active <> (select count(*) from public.stream_sessions where user_id = users.id and is_active)
    or streams_active > streams_allowed`;

test('whatever 8 workers do at once, counters and states equal the sessions they follow from', async ({
  db,
}) => {
  const owners = await Promise.all([0, 1, 2].map(() => db.createUser()));
  for (const { id } of owners)
    await db.asAdmin((sql) => sql`select public.set_user_package(${id}, 'creator')`);
  const streams: TestStream[] = [];
  for (const { id } of owners) for (let i = 0; i < 5; i++) streams.push(await createStream(db, id));
  const connections = await db.connect(WORKERS, 'postgres');

  await Promise.all(
    connections.map(async (sql, worker) => {
      const random = randomFrom(worker + 1);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      for (let step = 0; step < STEPS; step++) {
        const stream = pick(streams);
        const publisher = `${Math.floor(random() * 10)}`;
        const act = pick([
          () => beginIngest(sql, stream, { publisher }),
          () => beginIngest(sql, stream, { publisher }),
          () => sql`select public.end_ingest('media-1', ${publisher})`,
          () =>
            sql`update public.stream_sessions set disconnected_at = disconnected_at - interval '1 hour' where stream_id = ${stream.id} and is_active`,
          () => sql`select public.reap_sessions()`,
          () => sql`select public.disable_stream(${stream.id})`,
          () => sql`select public.enable_stream(${stream.id})`,
          () => sql`select public.renew_ingest('media-1', ${[publisher]}, true)`,
        ]);
        await act();
      }
    }),
  );
  const sessions = await db.sql`select status from public.stream_sessions`;
  expect(sessions.length).toBeGreaterThan(20);
  expect(await drifted(db)).toHaveLength(0);
});
