/** Scheduled jobs: one run at a time, recorded if it did something; and what Supabase needs to call them. */
import type { Sql, TransactionSql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.sql`delete from private.scheduled_jobs where name = 'probe'`;
  await db.sql`delete from private.job_runs`;
  await db.sql`insert into private.scheduled_jobs (name, schedule, edge_function) values ('probe', '0 3 * * *', 'probe')`;
});

const begin = async (name = 'probe') => {
  const [row] = await db.asService((sql) => sql`select * from public.begin_job_run(${name})`);
  return row as { begun: boolean; run_id: number; leased_until: Date };
};
const finish = async (
  runId: number,
  ok = true,
  result: unknown = { swept: 1 },
  error: string | null = null,
) => {
  const [row] = await db.asService(
    (sql) =>
      sql`select public.finish_job_run('probe', ${runId}, ${ok}, ${sql.json(result as never)}, ${error}) as news`,
  );
  return row?.news;
};
const runs = (maxCount = 100) =>
  db.asAdmin((sql) => sql`select * from public.get_job_runs('probe', ${maxCount})`);

describe('runs', () => {
  test('a run is recorded from its beginning to its end', async () => {
    const { begun, run_id: id } = await begin();
    expect(begun).toBe(true);
    expect(await runs()).toMatchObject([{ job_name: 'probe', finished_at: null, ok: null }]);
    expect(await finish(id, true, { swept: 3 })).toBe(true);
    const [run] = await runs();
    expect(run).toMatchObject({ ok: true, result: { swept: 3 }, error: null });
    expect(run?.finished_at >= run?.started_at).toBe(true);
  });

  test('a failed run is recorded with what it did and why it failed', async () => {
    await finish((await begin()).run_id, false, { swept: 1 }, 'the broom broke');
    expect(await runs()).toMatchObject([
      { ok: false, result: { swept: 1 }, error: 'the broom broke' },
    ]);
  });

  test.each([null, 0, {}, []])('a run whose result is %j leaves no row', async (result) => {
    expect(await finish((await begin()).run_id, true, result)).toBe(true);
    expect(await runs()).toEqual([]);
    expect(await begin()).toMatchObject({ begun: true });
  });

  test('a job does not begin while it runs, and does again after', async () => {
    const first = await begin();
    expect(await begin()).toMatchObject({ begun: false, leased_until: expect.any(Date) });
    await finish(first.run_id);
    expect(await begin()).toMatchObject({ begun: true });
  });

  test('of twenty that begin at once one runs', async () => {
    const connections = await db.connect(20);
    const answers = await Promise.all(
      connections.map((connection) =>
        actAs(connection, { role: 'service_role' }, async (sql) => {
          const [row] = await sql`select begun from public.begin_job_run('probe')`;
          return row?.begun;
        }),
      ),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await runs()).toHaveLength(1);
  });

  test('a run that outlives its timeout has failed, and changes nothing when it ends late', async () => {
    const lost = await begin();
    await db.sql`update private.job_states set leased_until = now() - interval '1 second' where job_name = 'probe'`;
    const next = await begin();
    expect(next.begun).toBe(true);
    expect(await finish(lost.run_id, true)).toBe(false);
    expect(await runs()).toMatchObject([
      { ok: null },
      { ok: false, error: 'It did not finish within 60 seconds.' },
    ]);
    expect(await finish(next.run_id)).toBe(true);
    expect(await finish(next.run_id)).toBe(false);
  });

  test('a job that is switched off can still be run by hand', async () => {
    await db.sql`update private.scheduled_jobs set enabled = false where name = 'probe'`;
    expect(await begin()).toMatchObject({ begun: true });
  });

  test('a job that is not on the list is refused', async () => {
    await expectFailure(begin('nothing'), {
      status: 404,
      details: 'job_not_found',
      message: /nothing/,
    });
  });

  test('the newest come first, as many as asked for', async () => {
    for (const swept of [1, 2, 3]) await finish((await begin()).run_id, true, { swept });
    expect((await runs(2)).map(({ result }) => result.swept)).toEqual([3, 2]);
  });
});

describe('who may', () => {
  test.each(['user', 'moderator'] as const)(
    'a %s neither runs jobs nor reads of them',
    async (role) => {
      const { id } = await db.createUser({ role });
      await expectFailure(
        db.asUser(id, (sql) => sql`select * from public.get_job_runs('probe')`),
        { status: 403, details: 'admin_required' },
      );
      for (const call of ["begin_job_run('probe')", "finish_job_run('probe', 1, true)"]) {
        await expectFailure(
          db.asUser(id, (sql) => sql.unsafe(`select public.${call}`)),
          { code: '42501' },
        );
      }
    },
  );

  test('anonymous has none of it', async () => {
    const call = (what: string) => db.asAnon((sql) => sql.unsafe(`select public.${what}`));
    await expectFailure(call("begin_job_run('probe')"), { code: '42501' });
    await expectFailure(call("finish_job_run('probe', 1, true)"), { code: '42501' });
    await expectFailure(call("get_job_runs('probe')"), {
      status: 401,
      details: 'sign_in_required',
    });
  });
});

describe('a job that is an SQL function', () => {
  const SWEEP = 'private.sweep';
  /** Makes the job's function, and has the job call it. */
  const define = async (body: string) => {
    await db.sql.unsafe(`
      create or replace function ${SWEEP}() returns integer language plpgsql set search_path = '' as
      $$ begin ${body} end $$`);
    await db.sql`
      update private.scheduled_jobs set sql_function = ${SWEEP}, edge_function = null where name = 'probe'`;
  };
  const run = async (sql: Sql | TransactionSql = db.sql) => {
    const [row] = await sql`select private.run_job('probe') as result`;
    return row?.result;
  };

  test('runs and is recorded with what it returns', async () => {
    await define('return 3;');
    expect(await run()).toBe(3);
    expect(await runs()).toMatchObject([{ ok: true, result: 3, error: null }]);
  });

  test('leaves no row when it had nothing to do', async () => {
    await define('return 0;');
    expect(await run()).toBe(0);
    expect(await runs()).toEqual([]);
  });

  test('that fails undoes its own work, and is recorded with its error', async () => {
    await define(`
      insert into private.settings values ('swept', '1', 'x');
      raise exception 'the broom broke' using errcode = 'P0007';`);
    expect(await run()).toBeNull();
    expect(await runs()).toMatchObject([
      { ok: false, result: null, error: 'the broom broke (P0007)' },
    ]);
    expect(await db.sql`select from private.settings where key = 'swept'`).toHaveLength(0);
    await define('return 1;');
    expect(await run()).toBe(1);
  });

  test('past its time is recorded as failed', async () => {
    await define('perform pg_sleep(600); return 1;');
    await db.sql.begin(async (sql) => {
      await sql`set local statement_timeout = '200ms'`;
      expect(await run(sql)).toBeNull();
    });
    expect(await runs()).toMatchObject([{ ok: false, error: expect.stringContaining('57014') }]);
  });

  test('does not begin while a run of it goes on, and does after', async () => {
    await define('return 1;');
    const [first, second] = await db.connect(2, 'postgres');
    await first?.begin(async (sql) => {
      expect(await run(sql)).toBe(1);
      expect(await run(second)).toBeNull();
    });
    expect(await run(second)).toBe(1);
    expect((await runs()).map(({ id }) => Number(id))).toEqual([2, 1]);
  });

  test('does not begin while an edge function’s run of it goes on', async () => {
    await define('return 1;');
    await begin();
    expect(await run()).toBeNull();
  });

  test('is for the owner of the database', async () => {
    for (const as of [db.asAnon, db.asService]) {
      await expectFailure(
        as((sql) => run(sql)),
        { code: '42501' },
      );
    }
  });
});

test.each([
  ['0 3 * * 1', '0 3 * * 1'],
  ['0 */5 * * * *', '*/5 * * * *'],
  ['*/10 * * * * *', '10 seconds'],
  ['* * * * * *', '1 seconds'],
])('pg_cron writes %s as %s', async (schedule, expected) => {
  const [row] = await db.sql`select private.pg_cron_schedule(${schedule}) as written`;
  expect(row?.written).toBe(expected);
});

test.each(['15 * * * * *', '*/10 5 * * * *', '*/75 * * * * *', '*/0 * * * * *'])(
  'pg_cron cannot run %s',
  async (schedule) => {
    await expectFailure(db.sql`select private.pg_cron_schedule(${schedule})`, {
      status: 400,
      details: 'schedule_invalid',
    });
  },
);

describe('installing on Supabase', () => {
  const install = (url = 'https://x.supabase.co/functions/v1') =>
    db.sql`select private.install_schedules(${url}, 'schedules') as installed`;

  test('says which extensions are missing', async () => {
    await expectFailure(install(), {
      status: 501,
      details: 'extensions_missing',
      message: /Vault, pg_cron, pg_net/,
    });
    expect(await db.sql`select value from private.settings where key = 'functions_url'`).toEqual([
      { value: '' },
    ]);
  });

  test('refuses what is no address', async () => {
    await expectFailure(install('x.supabase.co'), { status: 400, details: 'base_url_invalid' });
  });

  test('is not for clients', async () => {
    await expectFailure(
      db.asService((sql) => sql`select private.install_schedules('https://x', 'y')`),
      { code: '42501' },
    );
  });

  describe('with stand-ins that have the extensions’ signatures', () => {
    beforeAll(() =>
      db.sql.unsafe(`
        create schema cron; create schema net; create schema vault;
        create table cron.job (jobid bigint generated always as identity, jobname text unique, schedule text, command text);
        create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
          insert into cron.job (jobname, schedule, command) values (job_name, schedule, command)
          on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command returning jobid $$;
        create function cron.unschedule(job_id bigint) returns boolean language sql as $$
          delete from cron.job where jobid = job_id returning true $$;
        create table net.http_request_queue (url text, body jsonb, headers jsonb, timeout_milliseconds integer);
        create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}',
          timeout_milliseconds integer default 5000) returns bigint language sql as $$
          insert into net.http_request_queue values (url, body, headers, timeout_milliseconds) returning 1::bigint $$;
        create table vault.decrypted_secrets (name text, decrypted_secret text);`),
    );

    test('the secret must be in Vault', async () => {
      await expectFailure(install(), { status: 404, details: 'secret_not_found' });
    });

    const commandOf = async (job: string) => {
      const [row] =
        await db.sql`select command from cron.job where jobname = ${`streambed:${job}`}`;
      return row?.command as string;
    };

    test('every enabled job is called, and no other; again changes nothing', async () => {
      await db.sql`insert into vault.decrypted_secrets values ('schedules', 'sb_secret_x')`;
      await db.sql`update private.scheduled_jobs set enabled = name in ('probe', 'flush-viewers')`;
      expect(await install()).toEqual([{ installed: 2 }]);
      expect(await install('https://y.supabase.co/functions/v1/')).toEqual([{ installed: 2 }]);
      const jobs = await db.sql`select jobname, schedule from cron.job order by jobname`;
      expect(jobs).toEqual([
        { jobname: 'streambed:flush-viewers', schedule: '10 seconds' },
        { jobname: 'streambed:probe', schedule: '0 3 * * *' },
      ]);
    });

    test('an edge function is called with the secret, which the schedule does not hold', async () => {
      await install('https://y.supabase.co/functions/v1/');
      const command = await commandOf('probe');
      expect(command).not.toContain('sb_secret');
      await db.sql.unsafe(command);
      expect(await db.sql`select * from net.http_request_queue`).toEqual([
        {
          url: 'https://y.supabase.co/functions/v1/probe',
          body: { job: 'probe' },
          headers: { apikey: 'sb_secret_x', 'content-type': 'application/json' },
          timeout_milliseconds: 60_000,
        },
      ]);
    });

    test('an SQL function is called in the database, for as long as the job may take', async () => {
      await db.sql.unsafe(`
        create function private.oversleep() returns integer language plpgsql set search_path = '' as
        $$ begin perform pg_sleep(600); return 1; end $$`);
      await db.sql`
        update private.scheduled_jobs set sql_function = 'private.oversleep', edge_function = null, timeout_seconds = 1
        where name = 'probe'`;
      await install();
      await db.sql.unsafe(await commandOf('probe'));
      expect(await runs()).toMatchObject([{ ok: false, error: expect.stringContaining('57014') }]);
    });

    test('a job that is switched off is called no more', async () => {
      await install();
      const command = await commandOf('probe');
      await db.sql`update private.scheduled_jobs set enabled = false where name = 'probe'`;
      await db.sql`delete from net.http_request_queue`;
      await db.sql.unsafe(command);
      expect(await db.sql`select from net.http_request_queue`).toHaveLength(0);
      await install();
      expect(await commandOf('probe')).toBeUndefined();
    });
  });
});
