/** Leases of restream sessions: claims, renewals, reports, and what is done about lost workers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import {
  asWorker,
  claim,
  claimOn,
  loseLease,
  renew,
  report,
  startRestream,
} from '../support/restream.ts';

let db: TestDatabase;
let owner: TestUser;
let id: string;
beforeAll(async () => {
  db = await createDatabase();
});
beforeEach(async () => {
  await db.sql`update public.stream_sessions set status = 'stopped', stopped_at = now() where is_active`;
  owner = await db.createUser();
  id = (await startRestream(db, owner.id)).id;
});
afterAll(() => db.drop());

const session = async () =>
  (await db.sql`select * from public.stream_sessions where id = ${id}`)[0];
const active = async () =>
  (await db.sql`select streams_active from public.users where id = ${owner.id}`)[0]?.streams_active;
const cleanUp = async () =>
  (await db.asService((sql) => sql`select public.cleanup_orphaned_streams() as count`))[0]?.count;
const stop = () => db.asUser(owner.id, (sql) => sql`select public.stop_restream(${id})`);
const lost = { status: 409, details: 'lease_lost' };

describe('a claim', () => {
  test('hands out the session with its secrets and the rules', async () => {
    expect(await claim(db)).toEqual({
      session: {
        id,
        source_url: 'https://videos.example.com/a.mp4?signature=hush-hush',
        is_storage: false,
        rtmp_url: 'rtmp://live.example.com/app/secret-key-1234',
        repeat: false,
        attempt: 1,
        lease_seconds: 30,
      },
      rules: {
        forbidden_networks: expect.arrayContaining(['127.0.0.0/8', '::ffff:0.0.0.0/96']),
        allowed_source_hosts: [],
        allowed_target_hosts: [],
      },
      retry_in_seconds: null,
    });
    expect(await session()).toMatchObject({ status: 'starting', worker_id: 'worker-1' });
  });

  test('finds nothing that another worker has, and tells when to ask again', async () => {
    await claim(db, 'worker-1', 60);
    const answer = await claim(db, 'worker-2');
    expect(answer).toMatchObject({ session: null, rules: null });
    expect(answer.retry_in_seconds).toBeGreaterThan(50);
    expect(answer.retry_in_seconds).toBeLessThanOrEqual(60);
  });

  test('finds nothing where no worker has anything, and tells so', async () => {
    await stop();
    expect(await claim(db)).toEqual({ session: null, rules: null, retry_in_seconds: null });
  });

  test('is a worker’s alone', async () => {
    const ask = (sql: Parameters<typeof claimOn>[0]) => claimOn(sql, 'w', 30);
    await expectFailure(db.asUser(owner.id, ask), { code: '42501' });
    await expectFailure(db.asAdmin(ask), { code: '42501' });
    await expectFailure(db.asAnon(ask), { code: '42501' });
    expect((await db.asService(ask)).session).toMatchObject({ id });
  });

  test('takes the hosts that are allowed to the worker', async () => {
    const allow = (hosts: string) =>
      db.sql`update private.settings set value = ${hosts}::text::jsonb where key = 'allowed_target_hosts'`;
    await allow('["127.0.0.1:1935", "media"]');
    expect((await claim(db)).rules?.allowed_target_hosts).toEqual(['127.0.0.1:1935', 'media']);
    await allow('[]');
  });

  test('with junk is refused', async () => {
    await expectFailure(claim(db, ''), { status: 400, details: 'worker_id_invalid' });
    for (const seconds of [9, 3601, null]) {
      await expectFailure(claim(db, 'w', seconds), {
        status: 400,
        details: 'lease_seconds_invalid',
      });
    }
  });

  test('of twelve sessions by many workers at once gives each to one', async () => {
    const users = await Promise.all(Array.from({ length: 11 }, () => db.createUser()));
    const started = [id];
    for (const user of users) started.push((await startRestream(db, user.id)).id);
    const claims = await Promise.all(
      (await db.connect(16, 'supabase_admin')).map(async (connection, index) => {
        const mine: string[] = [];
        for (let attempt = 0; attempt < 12; attempt += 1) {
          const { session: got } = await claimOn(connection, `worker-${index}`, 30);
          if (got) mine.push(got.id);
        }
        return mine;
      }),
    );
    expect(claims.flat().sort()).toEqual(started.sort());
  });
});

describe('a worker', () => {
  test('may call its three functions and read no table', async () => {
    for (const table of [
      'public.stream_requests',
      'public.users',
      'private.stream_request_secrets',
    ]) {
      await expectFailure(
        asWorker(db, (sql) => sql`select from ${sql(table)}`),
        { code: '42501' },
      );
    }
    await expectFailure(
      asWorker(db, (sql) => sql`select public.cleanup_orphaned_streams()`),
      { code: '42501' },
    );
  });

  test('reports that its session runs', async () => {
    await claim(db);
    expect(await report(db, id, 'running', { container: 'c1' })).toEqual({ status: 'running' });
    const running = await session();
    expect(running).toMatchObject({ status: 'running', container_id: 'c1' });
    expect(running?.started_at).toBeInstanceOf(Date);
    await report(db, id, 'running');
    expect(await session()).toMatchObject({ container_id: 'c1', started_at: running?.started_at });
  });

  test('reports the end of the video', async () => {
    await claim(db);
    await report(db, id, 'running');
    expect(await report(db, id, 'stopped', { exitCode: 0 })).toEqual({ status: 'stopped' });
    expect(await session()).toMatchObject({ ended_reason: 'finished', exit_code: 0, error: null });
    expect(await active()).toBe(0);
  });

  test('reports an error, from which secrets are taken out; twice is as once', async () => {
    await claim(db);
    const said =
      'Cannot open rtmp://live.example.com/app/secret-key-1234\u0007: ?signature=hush-hush';
    await report(db, id, 'error', { error: said, exitCode: 1 });
    const ended = await session();
    expect(ended).toMatchObject({ status: 'error', ended_reason: 'failed', exit_code: 1 });
    expect(ended?.error).toMatch(/^Cannot open rtmp:\/\/live\.example\.com.*\*\*\*\*/);
    expect(ended?.error).not.toMatch(/secret-key|hush/);
    expect(ended?.error).not.toContain('\u0007');
    expect(await report(db, id, 'error', { error: 'again' })).toEqual({ status: 'error' });
    expect(await session()).toEqual(ended);
    expect(await active()).toBe(0);
  });

  test('ends what was to stop as stopped, even when ffmpeg failed over it', async () => {
    await claim(db);
    await stop();
    await report(db, id, 'error', { error: 'killed', exitCode: 255 });
    expect(await session()).toMatchObject({ status: 'stopped', ended_reason: 'stopped' });
  });

  test('gives its session back, which costs no attempt', async () => {
    await claim(db);
    await report(db, id, 'running');
    expect(await report(db, id, 'starting')).toEqual({ status: 'starting' });
    expect(await session()).toMatchObject({ status: 'starting', worker_id: null });
    expect(await active()).toBe(1);
    expect((await claim(db, 'worker-2')).session).toMatchObject({ id, attempt: 1 });
  });

  test('with junk is refused', async () => {
    await claim(db);
    await expectFailure(report(db, id, 'done'), { status: 400, details: 'status_invalid' });
    await expectFailure(report(db, id, 'running', { container: 'c'.repeat(101) }), {
      status: 400,
      details: 'container_id_invalid',
    });
    await expectFailure(
      asWorker(db, (sql) => sql`select public.renew_session(${id}, 'worker-1', '{"fps": "many"}')`),
      { status: 400, details: 'stats_invalid' },
    );
  });
});

describe('a worker that lost its lease', () => {
  test('is refused as soon as it ran out', async () => {
    await claim(db);
    await report(db, id, 'running');
    await loseLease(db, id);
    await expectFailure(renew(db, id), lost);
    await expectFailure(report(db, id, 'stopped'), lost);
    expect((await session())?.status).toBe('running');
  });

  test('is refused when another has it', async () => {
    await claim(db);
    await report(db, id, 'running');
    await loseLease(db, id);
    expect((await claim(db, 'worker-2')).session).toMatchObject({ id, attempt: 2 });
    await expectFailure(renew(db, id), lost);
    await expectFailure(report(db, id, 'error', { error: 'late' }), lost);
    expect(await session()).toMatchObject({ status: 'starting', worker_id: 'worker-2' });
    expect(await renew(db, id, 'worker-2')).toMatchObject({
      status: 'starting',
      lease_seconds: 30,
    });
  });

  test('is refused when the session has ended meanwhile', async () => {
    await claim(db);
    await db.sql`update public.stream_sessions set status = 'stopped', stopped_at = now() where id = ${id}`;
    await expectFailure(renew(db, id), lost);
  });

  test('is refused for a session that is not there', async () => {
    await expectFailure(renew(db, crypto.randomUUID()), lost);
  });
});

describe('the cleanup', () => {
  test('leaves alone what is well', async () => {
    await claim(db);
    expect(await cleanUp()).toBe(0);
    await report(db, id, 'running');
    expect(await cleanUp()).toBe(0);
  });

  test('queues a lost session three times, then ends it with a reason', async () => {
    for (const attempt of [1, 2, 3, 4]) {
      expect((await claim(db)).session).toMatchObject({ id, attempt });
      await report(db, id, 'running');
      await loseLease(db, id);
      expect(await cleanUp()).toBe(1);
      expect(await active()).toBe(attempt < 4 ? 1 : 0);
    }
    expect(await session()).toMatchObject({
      status: 'error',
      ended_reason: 'lease_expired',
      error: 'The worker was lost 4 times.',
    });
  });

  test('ends a session that no worker gets running', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      await loseLease(db, id);
      expect(await cleanUp()).toBe(1);
    }
    expect(await session()).toMatchObject({ status: 'error', ended_reason: 'not_started' });
    expect(await active()).toBe(0);
  });

  test('takes a session away that its worker does not get running', async () => {
    await claim(db);
    await db.sql`update private.restream_jobs set starting_since = now() - interval '6 minutes' where session_id = ${id}`;
    expect(await cleanUp()).toBe(1);
    await expectFailure(renew(db, id), lost);
  });

  test('stops what was to stop when its worker is gone', async () => {
    await claim(db);
    await stop();
    await loseLease(db, id);
    expect(await cleanUp()).toBe(1);
    expect(await session()).toMatchObject({ status: 'stopped' });
    expect(await active()).toBe(0);
  });

  test('is a job, which leaves a record when it did something', async () => {
    const run = async () => {
      const [row] = await db.sql`select private.run_job('cleanup-orphaned-streams') as result`;
      return row?.result;
    };
    const recorded = () => db.sql`
      select ok, result from private.job_runs where job_name = 'cleanup-orphaned-streams'`;
    await claim(db);
    expect(await run()).toBe(0);
    expect([...(await recorded())]).toEqual([]);
    await loseLease(db, id);
    expect(await run()).toBe(1);
    expect([...(await recorded())]).toEqual([{ ok: true, result: 1 }]);
  });

  test('by many at once settles each session once', async () => {
    await claim(db);
    await loseLease(db, id);
    const connections = await db.connect(8, 'postgres');
    const counts = await Promise.all(
      connections.map((sql) => sql`select public.cleanup_orphaned_streams() as count`),
    );
    expect(counts.reduce((sum, [row]) => sum + (row?.count ?? 0), 0)).toBe(1);
    expect((await claim(db)).session?.attempt).toBe(2);
  });

  test('is a matter for servers', async () => {
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`select public.cleanup_orphaned_streams()`),
      { code: '42501' },
    );
  });
});

describe('the health of a session', () => {
  test('is recorded with each renewal, for its owner and admins', async () => {
    await claim(db);
    const stats = {
      bitrate_kbps: 2500.5,
      fps: 29.97,
      speed: 1.002,
      dropped_frames: 3,
      out_seconds: 10.5,
    };
    await renew(db, id, 'worker-1', stats);
    await renew(db, id, 'worker-1', { fps: 30 });
    await renew(db, id);
    const rows = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.get_stream_health(${id})`,
    );
    expect(rows).toMatchObject([
      { fps: '30.00', bitrate_kbps: null },
      {
        bitrate_kbps: '2500.5',
        fps: '29.97',
        speed: '1.002',
        dropped_frames: 3,
        out_seconds: '10.5',
      },
    ]);
    expect(
      await db.asAdmin((sql) => sql`select * from public.get_stream_health(${id}, max_count => 1)`),
    ).toHaveLength(1);
    const stranger = await db.createUser();
    await expectFailure(
      db.asUser(stranger.id, (sql) => sql`select * from public.get_stream_health(${id})`),
      { status: 404, details: 'session_not_found' },
    );
  });
});
