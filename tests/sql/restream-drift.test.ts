/** Whatever clients and workers do to restream sessions at once, states and counters follow from them. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { randomFrom } from '../support/random.ts';
import { claimOn, requestStream } from '../support/restream.ts';
import { beginIngest, createStream, type TestStream } from '../support/streams.ts';

const CLIENTS = 8;
const STEPS = 200;
/** What a rule may answer; a deadlock, for one, it may not. */
const REFUSALS = new Set(['PT402', 'PT403', 'PT409']);

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const drifted = () => db.sql`
  select request.id, 'request is ' || request.status as what from public.stream_requests as request
  left join public.stream_sessions as session on session.id = request.session_id
  where request.status <> 'rejected' and (request.status = 'streaming') is distinct from coalesce(session.is_active, false)
  union all
  select session.id, 'job' from public.stream_sessions as session
  full join private.restream_jobs as job on job.session_id = session.id
  where session.kind = 'restream' and session.is_active is distinct from (job.session_id is not null)
  union all
  select session.id, 'worker' from public.stream_sessions as session
  join private.restream_jobs as job on job.session_id = session.id
  where (session.worker_id is null) is distinct from (job.lease_expires_at is null)
    or (job.lease_expires_at is null) is distinct from (job.queued_at is not null)
  union all
  select id, 'limit' from public.users
  where streams_active <> (select count(*) from public.stream_sessions where user_id = users.id and is_active)
    or streams_active > streams_allowed`;

/** One random thing that a client, a worker or the cleanup does. */
async function act(
  sql: Sql,
  worker: string,
  pick: <T>(from: readonly T[]) => T,
  ids: string[],
  streams: TestStream[],
) {
  const request = pick(ids);
  const [row] = await sql`select session_id as id, worker_id as holder from public.stream_requests
    left join public.stream_sessions on stream_sessions.id = session_id where stream_requests.id = ${request}`;
  const session: string = row?.id ?? request;
  const holder: string = row?.holder ?? worker;
  const acts = [
    () => sql`select public.start_stream_request(${request})`,
    () => sql`select public.start_stream_request(${request})`,
    () => sql`select public.stop_restream(${session})`,
    () => claimOn(sql, worker, 30),
    () => claimOn(sql, worker, 30),
    () =>
      sql`select public.report_session(${session}, ${holder}, ${pick(['running', 'stopped', 'error', 'starting'])}, null, 'x')`,
    () => sql`select public.renew_session(${session}, ${holder}, '{"fps": 30}')`,
    () =>
      sql`update private.restream_jobs set lease_expires_at = now() - interval '1 s' where session_id = ${session} and lease_expires_at is not null`,
    () => sql`select public.cleanup_orphaned_streams()`,
    () => beginIngest(sql, pick(streams), { publisher: pick(['a', 'b', 'c']) }),
    () => sql`select public.end_ingest('media-1', ${pick(['a', 'b', 'c'])})`,
    () => sql`select public.reap_sessions()`,
  ];
  await Promise.resolve(pick(acts)()).catch((error: { code?: string; message: string }) => {
    if (!REFUSALS.has(error.code ?? '') && !/PT404/.test(error.code ?? '')) throw error;
  });
}

test('8 clients at once leave no request, job, lease or counter behind', async () => {
  const owners = await Promise.all([0, 1, 2].map(() => db.createUser()));
  const ids: string[] = [];
  const streams: TestStream[] = [];
  for (const { id } of owners) {
    await db.asAdmin((sql) => sql`select public.set_user_package(${id}, 'creator')`);
    streams.push(await createStream(db, id));
    for (let count = 0; count < 5; count += 1) {
      const request = await requestStream(db, id);
      await db.asAdmin((sql) => sql`select public.approve_stream_request(${request.id})`);
      ids.push(request.id);
    }
  }
  const connections = await db.connect(CLIENTS, 'postgres');
  await Promise.all(
    connections.map(async (sql, index) => {
      const random = randomFrom(index + 1);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      for (let step = 0; step < STEPS; step += 1) {
        await act(sql, `worker-${index}`, pick, ids, streams);
      }
    }),
  );
  const [sessions] = await db.sql`
    select count(*)::int as count from public.stream_sessions where kind = 'restream'`;
  expect(sessions?.count).toBeGreaterThan(20);
  expect(await drifted()).toEqual([]);
});
