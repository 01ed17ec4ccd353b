/** What Redis counted, as the database records it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { sentOn } from '../support/sent-messages.ts';
import { createStream, publish, type TestStream } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
  await db.sql`update private.settings set value = '1000' where key in ('default_streams_allowed', 'max_streams_per_user')`;
});
afterAll(() => db.drop());

interface Watched {
  readonly stream: TestStream;
  readonly sessionId: string;
}

/** A stream that has been live for a minute and forty seconds. */
async function live(): Promise<Watched> {
  const stream = await createStream(db, owner.id);
  const { session_id: sessionId } = await publish(db, stream);
  await db.sql`update public.stream_sessions set started_at = now() - interval '100 seconds' where id = ${sessionId as string}`;
  return { stream, sessionId: sessionId as string };
}

const disable = ({ stream }: Watched) =>
  db.asUser(owner.id, (sql) => sql`select public.disable_stream(${stream.id})`);

const sampleOf = ({ stream, sessionId }: Watched, numbers: Record<string, number> = {}) => ({
  stream_id: stream.id,
  session_id: sessionId,
  at_ms: Date.now(),
  viewers: 5,
  peak: 7,
  uniques: 9,
  viewer_seconds: 200,
  ...numbers,
});
const record = async (samples: unknown) => {
  const [row] = await db.asService(
    (sql) => sql`select * from public.record_viewers(${sql.json(samples as never)})`,
  );
  return row;
};
const numbersOf = async ({ stream }: Watched) => {
  const [row] = await db.sql`
    select stream.viewer_count, stream.peak_viewers, session.peak_viewers as session_peak, session.unique_viewers,
      session.viewer_seconds::int, session.average_viewers::float
    from public.streams as stream join public.stream_sessions as session on session.stream_id = stream.id
    where stream.id = ${stream.id}`;
  return row;
};
const history = (streamId: string, since = '1 hour', bucketSeconds = 60) =>
  `select * from public.get_viewer_history('${streamId}', now() - interval '${since}', now() + interval '1 second', ${bucketSeconds})`;

describe('recording', () => {
  test('a sample reaches the stream, its session, its history and its topic', async () => {
    const watched = await live();
    expect(await record([sampleOf(watched)])).toEqual({ recorded: 1, changed: 1 });
    const numbers = await numbersOf(watched);
    expect(numbers).toMatchObject({
      viewer_count: 5,
      peak_viewers: 7,
      session_peak: 7,
      unique_viewers: 9,
      viewer_seconds: 200,
    });
    expect(numbers?.average_viewers).toBeCloseTo(2, 0);
    const told = await sentOn(db, `stream:${watched.stream.id}`);
    expect(told.filter(({ event }) => event === 'viewers')).toMatchObject([
      { private: true, payload: { viewer_count: 5, peak_viewers: 7, at: expect.any(String) } },
    ]);
  });

  test('a stream that became private tells its numbers to nobody on its old topic', async () => {
    const watched = await live();
    const { id } = watched.stream;
    await db.asUser(
      owner.id,
      (sql) => sql`update public.streams set visibility = 'private' where id = ${id}`,
    );
    await record([sampleOf(watched)]);
    const told = async (topic: string) =>
      (await sentOn(db, topic)).filter(({ event }) => event === 'viewers');
    const [row] = await db.sql`select topic from public.streams where id = ${id}`;
    expect(row?.topic).not.toBe(`stream:${id}`);
    expect(await told(`stream:${id}`)).toHaveLength(0);
    expect(await told(row?.topic)).toHaveLength(1);
  });

  test('the same flush again changes nothing and tells nothing', async () => {
    const watched = await live();
    const sample = sampleOf(watched);
    await record([sample]);
    const before = await numbersOf(watched);
    expect(await record([sample, sample])).toEqual({ recorded: 0, changed: 0 });
    expect(await numbersOf(watched)).toEqual(before);
    expect(
      await db.sql`select from private.viewer_samples where session_id = ${watched.sessionId}`,
    ).toHaveLength(1);
  });

  test('of ten flushes of one sample at once, one counts', async () => {
    const watched = await live();
    const sample = sampleOf(watched);
    const connections = await db.connect(10);
    const done = await Promise.all(
      connections.map((connection) =>
        actAs(connection, { role: 'service_role' }, async (sql) => {
          const [row] = await sql`select * from public.record_viewers(${sql.json([sample])})`;
          return row?.recorded;
        }),
      ),
    );
    expect(done.reduce((sum, one) => sum + one, 0)).toBe(1);
    const told = await sentOn(db, `stream:${watched.stream.id}`);
    expect(told.filter(({ event }) => event === 'viewers')).toHaveLength(1);
  });

  test('racing flushes end with the newest sample', async () => {
    const watched = await live();
    const connections = await db.connect(8);
    const begin = Date.now();
    await Promise.all(
      connections.map((connection, n) =>
        actAs(connection, { role: 'service_role' }, (sql) => {
          const sample = sampleOf(watched, { at_ms: begin + n, viewers: n });
          return sql`select public.record_viewers(${sql.json([sample])})`;
        }),
      ),
    );
    expect(await numbersOf(watched)).toMatchObject({ viewer_count: 7 });
  });

  test('an unchanged number is stored in the history and told to nobody', async () => {
    const watched = await live();
    await record([sampleOf(watched, { at_ms: Date.now() - 10_000 })]);
    expect(await record([sampleOf(watched)])).toEqual({ recorded: 1, changed: 0 });
  });

  test('an older sample than the last changes nothing', async () => {
    const watched = await live();
    await record([sampleOf(watched)]);
    expect(
      await record([sampleOf(watched, { at_ms: Date.now() - 5_000, viewers: 99 })]),
    ).toMatchObject({ recorded: 0 });
    expect(await numbersOf(watched)).toMatchObject({ viewer_count: 5 });
  });

  test('totals never go down', async () => {
    const watched = await live();
    await record([sampleOf(watched, { at_ms: Date.now() - 10_000 })]);
    await record([sampleOf(watched, { viewers: 1, peak: 1, uniques: 1, viewer_seconds: 1 })]);
    expect(await numbersOf(watched)).toMatchObject({
      viewer_count: 1,
      peak_viewers: 7,
      unique_viewers: 9,
      viewer_seconds: 200,
    });
  });

  test('samples of a session that ended a while ago, an unknown one, another stream’s or the future are ignored', async () => {
    const ended = await live();
    await disable(ended);
    await db.sql`update public.stream_sessions set stopped_at = now() - interval '61 seconds' where id = ${ended.sessionId}`;
    const [one, other] = [await live(), await live()];
    const unknown = { stream: other.stream, sessionId: crypto.randomUUID() };
    const crossed = { stream: one.stream, sessionId: other.sessionId };
    const future = sampleOf(one, { at_ms: Date.now() + 3_600_000 });
    expect(await record([sampleOf(ended), sampleOf(unknown), sampleOf(crossed), future])).toEqual({
      recorded: 0,
      changed: 0,
    });
    expect(await numbersOf(ended)).toMatchObject({ viewer_count: 0, viewer_seconds: 0 });
  });

  test('a stream that somebody is changing is left for the next flush, and nobody waits', async () => {
    const [busy, free] = [await live(), await live()];
    const [connection] = await db.connect(1, 'postgres');
    await connection?.begin(async (sql) => {
      await sql`select from public.streams where id = ${busy.stream.id} for no key update`;
      expect(await record([sampleOf(busy), sampleOf(free)])).toMatchObject({ recorded: 1 });
    });
    expect(await record([sampleOf(busy)])).toMatchObject({ recorded: 1 });
  });

  test('live numbers are no events', async () => {
    const watched = await live();
    const count = async () =>
      (await db.sql`select count(*)::int as n from private.event_log`)[0]?.n;
    const before = await count();
    await record([sampleOf(watched)]);
    expect(await count()).toBe(before);
  });

  test.each([{}, null, 'x'])('%j is no list of samples', async (samples) => {
    await expectFailure(record(samples), { status: 400, details: 'samples_invalid' });
  });

  test('only the server records', async () => {
    const call = (sql: Parameters<Parameters<TestDatabase['asAnon']>[0]>[0]) =>
      sql`select public.record_viewers('[]')`;
    await expectFailure(db.asUser(owner.id, call), { code: '42501' });
    await expectFailure(db.asAnon(call), { code: '42501' });
  });
});

describe('the end of a session', () => {
  const eventsOf = (id: string) => db.sql`
    select event_type, event_data -> 'new' as new from private.event_log where aggregate_id = ${id} order by version`;
  const isCounted = async ({ sessionId }: Watched) => {
    const [row] = await db.asService(
      (sql) => sql`
        select has_ended from unnest(public.get_counted_sessions()) where session_id = ${sessionId}`,
    );
    return row?.has_ended;
  };
  /** Ends it 20 seconds ago, 80 seconds after it began. */
  const end = async (watched: Watched) => {
    await disable(watched);
    await db.sql`update public.stream_sessions set stopped_at = started_at + interval '80 seconds' where id = ${watched.sessionId}`;
    await db.sql`update public.streams set ended_at = stopped_at from public.stream_sessions as session
      where session.id = ${watched.sessionId} and streams.id = session.stream_id`;
  };

  test('its sample is wanted until it is recorded', async () => {
    const watched = await live();
    expect(await isCounted(watched)).toBe(false);
    await end(watched);
    expect(await isCounted(watched)).toBe(true);
    expect(await record([sampleOf(watched)])).toMatchObject({ recorded: 1 });
    expect(await isCounted(watched)).toBeUndefined();
  });

  test('counts once, as of the end, in proportion to the time since the last sample', async () => {
    const watched = await live();
    await record([sampleOf(watched, { at_ms: Date.now() - 40_000, viewer_seconds: 100 })]);
    await end(watched);
    const last = sampleOf(watched, { peak: 12, uniques: 30, viewer_seconds: 180 });
    expect(await record([last])).toEqual({ recorded: 1, changed: 1 });
    const numbers = await numbersOf(watched);
    expect(numbers).toMatchObject({
      ...{ viewer_count: 0, peak_viewers: 12, session_peak: 12, unique_viewers: 30 },
      average_viewers: numbers?.viewer_seconds / 80,
    });
    expect(Math.abs(numbers?.viewer_seconds - 140)).toBeLessThanOrEqual(1); // half of the time was before the end
    expect(await record([{ ...last, at_ms: Date.now(), peak: 99, viewer_seconds: 999 }])).toEqual({
      recorded: 0,
      changed: 0,
    });
    expect(await numbersOf(watched)).toEqual(numbers);
  });

  test('that no flush has seen alive counts all the same', async () => {
    const watched = await live();
    await end(watched);
    await record([sampleOf(watched, { viewer_seconds: 100 })]);
    const { viewer_seconds: seconds } = (await numbersOf(watched)) ?? {};
    expect(Math.abs(seconds - 80)).toBeLessThanOrEqual(1);
  });

  test('a sample that was taken before it is none of it', async () => {
    const watched = await live();
    await end(watched);
    expect(await record([sampleOf(watched, { at_ms: Date.now() - 30_000 })])).toMatchObject({
      recorded: 0,
    });
    expect(await isCounted(watched)).toBe(true);
  });

  test('is an event of the session and of the stream, from which they are rebuilt', async () => {
    const watched = await live();
    await end(watched);
    await record([sampleOf(watched)]);
    expect((await eventsOf(watched.sessionId)).at(-1)).toMatchObject({
      event_type: 'SessionCounted',
      new: { peak_viewers: 7, unique_viewers: 9 },
    });
    expect((await eventsOf(watched.stream.id)).at(-1)).toEqual({
      event_type: 'StreamCounted',
      new: { peak_viewers: 7 },
    });
  });

  test('leaves the numbers of the stream’s next session alone', async () => {
    const watched = await live();
    await end(watched);
    await db.asUser(owner.id, (sql) => sql`select public.enable_stream(${watched.stream.id})`);
    await publish(db, watched.stream);
    expect(await record([sampleOf(watched)])).toEqual({ recorded: 1, changed: 0 });
    const [stream] =
      await db.sql`select viewer_count, peak_viewers from public.streams where id = ${watched.stream.id}`;
    expect(stream).toEqual({ viewer_count: 0, peak_viewers: 0 });
  });

  test('only the server is told which sessions are counted', async () => {
    const call = (sql: Parameters<Parameters<TestDatabase['asAnon']>[0]>[0]) =>
      sql`select public.get_counted_sessions()`;
    await expectFailure(db.asUser(owner.id, call), { code: '42501' });
    await expectFailure(db.asAnon(call), { code: '42501' });
  });
});

describe('history', () => {
  test('the owner and admins see it in buckets', async () => {
    const watched = await live();
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
    await db.sql`update public.stream_sessions set started_at = ${new Date(minute - 1000)} where id = ${watched.sessionId}`;
    // The peak of 5 fell between two samples; the later bucket must not repeat it.
    await record([sampleOf(watched, { at_ms: minute + 10_000, viewers: 2, peak: 5 })]);
    await record([sampleOf(watched, { at_ms: minute + 30_000, viewers: 4, peak: 5 })]);
    await record([sampleOf(watched, { at_ms: minute + 70_000, viewers: 3, peak: 5 })]);
    const next = new Date(minute + 60_000);
    const expected = [
      { average_viewers: '3.00', peak_viewers: 5, last_viewers: 4, bucket: new Date(minute) },
      { average_viewers: '3.00', peak_viewers: 3, last_viewers: 3, bucket: next },
    ];
    expect(await db.asUser(owner.id, (sql) => sql.unsafe(history(watched.stream.id)))).toEqual(
      expected,
    );
    expect(await db.asAdmin((sql) => sql.unsafe(history(watched.stream.id)))).toEqual(expected);
  });

  test('others do not', async () => {
    const watched = await live();
    const { id } = await db.createUser();
    await expectFailure(
      db.asUser(id, (sql) => sql.unsafe(history(watched.stream.id))),
      {
        status: 404,
        details: 'stream_not_found',
      },
    );
    await expectFailure(
      db.asAnon((sql) => sql.unsafe(history(watched.stream.id))),
      { status: 401, details: 'sign_in_required' },
    );
  });

  test('the bounds of what can be asked are named', async () => {
    const { stream } = await live();
    const ask = (since: string, bucket: number) =>
      db.asUser(owner.id, (sql) => sql.unsafe(history(stream.id, since, bucket)));
    await expectFailure(ask('1 hour', 9), { status: 400, details: 'bucket_seconds_invalid' });
    await expectFailure(ask('2 days', 10), { status: 400, details: 'range_invalid' });
  });
});

describe('beginning to view', () => {
  const begin = (id: string) => (sql: Parameters<Parameters<TestDatabase['asAnon']>[0]>[0]) =>
    sql`select *, to_jsonb(settings) as terms from public.begin_viewing(${id})`;

  test('a live stream names its session', async () => {
    const watched = await live();
    const [row] = await db.asAnon(begin(watched.stream.id));
    expect(row).toMatchObject({
      session_id: watched.sessionId,
      started_at: expect.any(Date),
      viewer_count: 0,
      terms: {
        viewer_ttl_seconds: 45,
        viewer_heartbeat_seconds: 15,
        viewer_beats_per_second: 1,
        viewer_beats_burst: 5,
        viewer_address_requests_per_second: 50,
        viewer_address_requests_burst: 200,
      },
    });
  });

  test('one that is not live, or not to be seen, is refused', async () => {
    const idle = await createStream(db, owner.id);
    await expectFailure(db.asAnon(begin(idle.id)), { status: 409, details: 'stream_not_live' });
    const hidden = await createStream(db, owner.id, { visibility: 'private' });
    await publish(db, hidden);
    await expectFailure(db.asAnon(begin(hidden.id)), { status: 404, details: 'stream_not_found' });
    expect(await db.asUser(owner.id, begin(hidden.id))).toHaveLength(1);
  });
});
