/** What a scheduled job says of a function that answers, fails and recovers: of an edge function, and of one in the database. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobSettings } from '../../stack/run-job.ts';
import { ScheduledJob } from '../../stack/scheduled-job.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const SWEEP = {
  name: 'sweep',
  schedule: '*/10 * * * * *',
  edgeFunction: 'broom',
  timeoutSeconds: 60,
};

let db: TestDatabase;
let server: Server;
let answer: { status: number; body: string };
const asked: { method?: string; url?: string; apikey?: unknown; body: string }[] = [];
const said: string[] = [];

beforeAll(async () => {
  db = await createDatabase();
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, apikey: headers.apikey, body: await text(request) });
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const channel of ['log', 'error'] as const) {
    vi.spyOn(console, channel).mockImplementation((...words) => {
      said.push(`${channel}: ${words.join(' ')}`);
    });
  }
});
afterEach(() => {
  said.length = 0;
});
afterAll(async () => {
  vi.restoreAllMocks();
  server.close();
  await db.drop();
});

function job(settings: JobSettings = SWEEP): ScheduledJob {
  const { port } = server.address() as AddressInfo;
  const apiUrl = `http://127.0.0.1:${port}`;
  return new ScheduledJob(settings, { apiUrl, secretKey: 'secret', dbUrl: db.url });
}

describe('an edge function', () => {
  test('is called with the secret key', async () => {
    answer = { status: 200, body: '{}' };
    await job().run();
    expect(asked.at(-1)).toEqual({
      method: 'POST',
      url: '/functions/v1/broom',
      apikey: 'secret',
      body: '{"job":"sweep"}',
    });
  });

  test('is not spoken of when nothing was to be done, and is told of when something was', async () => {
    const sweep = job();
    for (const body of ['{}', '{"swept":0}']) {
      answer = { status: 200, body };
      await sweep.run();
    }
    expect(said).toEqual([]);
    answer = { status: 200, body: '{"swept":2}' };
    await sweep.run();
    expect(said).toEqual(['log: sweep {"swept":2}']);
  });

  test('has its first failure of a streak told, and its end', async () => {
    const sweep = job();
    answer = { status: 500, body: '{"code":"XX000"}' };
    await sweep.run();
    await sweep.run();
    answer = { status: 200, body: 'no JSON' };
    await sweep.run();
    expect(said).toEqual(['error: sweep failed: status 500: {"code":"XX000"}']);
    answer = { status: 200, body: '{"swept":0}' };
    await sweep.run();
    expect(said.at(-1)).toBe('log: sweep works again');
    answer = { status: 503, body: '' };
    await sweep.run();
    expect(said.at(-1)).toBe('error: sweep failed: status 503: ');
  });

  test('behind a gateway that is away fails like any other', async () => {
    const target = { apiUrl: 'http://127.0.0.1:1', secretKey: 's', dbUrl: db.url };
    await new ScheduledJob(SWEEP, target).run();
    expect(said).toEqual([expect.stringMatching(/^error: sweep failed: .+/)]);
  });
});

describe('an SQL function', () => {
  const MOP = { ...SWEEP, name: 'mop', edgeFunction: null, timeoutSeconds: 1 };
  beforeAll(
    () => db.sql`
    insert into private.scheduled_jobs (name, schedule, sql_function) values ('mop', '0 3 * * *', 'private.mop')`,
  );
  const define = (body: string) =>
    db.sql.unsafe(`
      create or replace function private.mop() returns integer language plpgsql set search_path = '' as
      $$ begin ${body} end $$`);
  const records = () => db.sql`
    select ok, result, error from private.job_runs where job_name = 'mop' order by created_at`;

  test('is not spoken of when nothing was to be done, and is told of when something was', async () => {
    const mop = job(MOP);
    await define('return 0;');
    await mop.run();
    expect(said).toEqual([]);
    await define('return 2;');
    await mop.run();
    expect(said).toEqual(['log: mop 2']);
    expect(await records()).toEqual([{ ok: true, result: 2, error: null }]);
  });

  test('has its first failure of a streak told, and its end; a warning of its own is none', async () => {
    const mop = job(MOP);
    await define("raise exception 'no water' using errcode = 'P0007';");
    await mop.run();
    await mop.run();
    expect(said).toEqual(['error: mop failed: no water (P0007)']);
    await define("raise warning 'the floor is wet'; return 0;");
    await mop.run();
    expect(said.slice(1)).toEqual(['log: mop works again']);
  });

  test('past its time has failed, and is recorded so', async () => {
    await define('perform pg_sleep(600); return 1;');
    await job(MOP).run();
    expect(said).toEqual([expect.stringMatching(/^error: mop failed: .*57014/)]);
    expect((await records()).at(-1)).toMatchObject({
      ok: false,
      error: expect.stringContaining('57014'),
    });
  });

  test('that is slow holds up no other', async () => {
    await define('perform pg_advisory_xact_lock(7); return 5;');
    const [holder] = await db.connect(1, 'postgres');
    let slow: Promise<void> | undefined;
    await holder?.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(7)`;
      slow = job({ ...MOP, timeoutSeconds: 60 }).run();
      await job({ ...MOP, name: 'expire-packages' }).run();
      answer = { status: 200, body: '{"swept":2}' };
      await job().run();
      expect(said).toEqual(['log: sweep {"swept":2}']);
    });
    await slow;
    expect(said).toEqual(['log: sweep {"swept":2}', 'log: mop 5']);
  });

  test('of a database that is away fails like any other', async () => {
    const target = { apiUrl: '', secretKey: '', dbUrl: 'postgresql://postgres:x@127.0.0.1:1/x' };
    await new ScheduledJob(MOP, target).run();
    expect(said).toEqual([expect.stringMatching(/^error: mop failed: .+/)]);
  });
});
