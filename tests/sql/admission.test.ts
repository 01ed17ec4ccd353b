import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { ageSession, createStream, publish, type TestStream } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
let stream: TestStream;
beforeAll(async () => {
  db = await createDatabase();
});
beforeEach(async () => {
  owner = await db.createUser();
  stream = await createStream(db, owner.id);
});
afterAll(() => db.drop());

const streamRow = async () =>
  (await db.sql`select * from public.streams where id = ${stream.id}`)[0];
const userRow = async () => (await db.sql`select * from public.users where id = ${owner.id}`)[0];
const leave = (publisher: string, bytes = 0) =>
  db.asService((sql) => sql`select * from public.end_ingest('media-1', ${publisher}, ${bytes})`);

describe('a publisher with the right key', () => {
  test('is admitted, and the stream is live', async () => {
    const answer = await publish(db, stream, { publisher: 'p', ip: '2001:db8::1' });
    expect(answer).toEqual({
      admitted: true,
      session_id: answer.session_id,
      stream_id: stream.id,
      user_id: owner.id,
      resumed: false,
      ...{ status: null, code: null, message: null, hint: null },
    });
    expect(await streamRow()).toMatchObject({ status: 'live', is_live: true, ended_at: null });
    expect(await userRow()).toMatchObject({ streams_active: 1 });
    const [session] =
      await db.sql`select * from public.stream_sessions where id = ${answer.session_id ?? ''}`;
    expect(session).toMatchObject({
      kind: 'ingest',
      status: 'running',
      media_server: 'media-1',
      publisher_id: 'p',
      client_ip: '2001:db8::1',
    });
  });

  test('that asks twice gets the same answer and one session', async () => {
    const answers = [
      await publish(db, stream, { publisher: 'twice' }),
      await publish(db, stream, { publisher: 'twice' }),
    ];
    expect(answers[0]).toEqual(answers[1]);
    expect(
      await db.sql`select from public.stream_sessions where stream_id = ${stream.id}`,
    ).toHaveLength(1);
  });

  test('an address that is none is left out, and no reason to refuse', async () => {
    const answer = await publish(db, stream, { ip: 'somewhere:1935' });
    const [session] =
      await db.sql`select client_ip from public.stream_sessions where id = ${answer.session_id ?? ''}`;
    expect(session?.client_ip).toBeNull();
  });
});

describe('a publisher is refused', () => {
  const invalid = {
    admitted: false,
    ...{ session_id: null, stream_id: null, user_id: null, resumed: null },
    status: 401,
    code: 'stream_key_invalid',
    message: 'The stream key is not valid.',
    hint: 'Copy the stream key again, whole, or rotate it for a new one.',
  };

  test('401 stream_key_invalid: one answer for every wrong key', async () => {
    const other = await createStream(db, (await db.createUser()).id);
    const [row] = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.rotate_stream_key(${stream.id})`,
    );
    const current = row?.stream_key.split('?key=')[1];
    const answers = [
      await publish(db, stream, { key: 'unknown' }),
      await publish(db, stream, { key: '' }),
      await publish(db, stream, { key: null as never }),
      await publish(db, stream), // revoked by the rotation
      await publish(db, other, { key: current }), // another stream's
      await publish(db, { ...stream, id: randomUUID() }),
    ];
    await db.sql`update private.stream_keys set expires_at = now() where stream_id = ${stream.id}`;
    answers.push(await publish(db, stream, { key: current }));
    for (const answer of answers) expect(answer).toEqual(invalid);
    expect(await userRow()).toMatchObject({ streams_active: 0 });
  });

  test('402 stream_limit_reached, with the numbers', async () => {
    await publish(db, stream);
    const second = await createStream(db, owner.id);
    expect(await publish(db, second)).toMatchObject({
      status: 402,
      code: 'stream_limit_reached',
      message: '1 of 1 streams that your package allows are running.',
    });
  });

  test('402 also when the package has just run out', async () => {
    await db.asAdmin((sql) => sql`select public.set_user_package(${owner.id}, 'creator')`);
    await publish(db, stream);
    await db.sql`update public.users set package_expires_at = now() where id = ${owner.id}`;
    expect(await publish(db, await createStream(db, owner.id))).toMatchObject({ status: 402 });
  });

  test('403 stream_disabled', async () => {
    await db.asUser(owner.id, (sql) => sql`select public.disable_stream(${stream.id})`);
    expect(await publish(db, stream)).toMatchObject({ status: 403, code: 'stream_disabled' });
  });

  test('409 stream_already_live, while another holds it', async () => {
    await publish(db, stream, { publisher: 'first' });
    expect(await publish(db, stream, { publisher: 'second' })).toMatchObject({
      status: 409,
      code: 'stream_already_live',
    });
    expect(await publish(db, stream, { publisher: 'first', server: 'media-2' })).toMatchObject({
      status: 409,
    });
  });

  test('410 stream_expired', async () => {
    await db.sql`update public.streams set expires_at = now() where id = ${stream.id}`;
    expect(await publish(db, stream)).toMatchObject({ status: 410, code: 'stream_expired' });
  });

  test('and every refusal says what to do', async () => {
    const hints = await db.sql`
      select answer.status, answer.hint from unnest(array['stream_key_invalid', 'stream_limit_reached', 'stream_disabled', 'stream_already_live', 'stream_expired']) as code,
        private.describe_ingest_refusal(code, 'm') as answer`;
    expect(hints).toHaveLength(5);
    for (const { status, hint } of hints) {
      expect(status).toBeTypeOf('number');
      expect(hint).toMatch(/\.$/);
    }
  });

  test('the same way when it asks again, though the reason is gone', async () => {
    await publish(db, stream, { publisher: 'first' });
    const refused = await publish(db, stream, { publisher: 'asks-twice' });
    await leave('first');
    expect(await publish(db, stream, { publisher: 'asks-twice' })).toEqual(refused);
    await db.sql`update private.stream_keys set refused_at = refused_at - interval '11 seconds'`;
    expect(await publish(db, stream, { publisher: 'asks-twice' })).toMatchObject({
      admitted: true,
    });
  });
});

describe('coming back', () => {
  test('within the grace resumes the same session', async () => {
    const first = await publish(db, stream, { publisher: 'a' });
    await leave('a', 1000);
    expect(await streamRow()).toMatchObject({ is_live: true });
    const again = await publish(db, stream, { publisher: 'b' });
    expect(again).toEqual({ ...first, resumed: true });
    expect(await publish(db, stream, { publisher: 'b' })).toEqual(again);
  });

  test('after the grace starts a new one, though nothing has reaped the old', async () => {
    const first = await publish(db, stream, { publisher: 'a' });
    await leave('a');
    await ageSession(db, first.session_id ?? '', 61);
    const second = await publish(db, stream, { publisher: 'b' });
    expect(second).toMatchObject({ admitted: true, resumed: false });
    expect(second.session_id).not.toBe(first.session_id);
    expect(
      await db.sql`select status, ended_reason from public.stream_sessions where id = ${first.session_id ?? ''}`,
    ).toEqual([{ status: 'stopped', ended_reason: 'disconnected' }]);
  });

  test('with a rotated key starts a new one', async () => {
    const first = await publish(db, stream, { publisher: 'a' });
    await leave('a');
    const [row] = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.rotate_stream_key(${stream.id})`,
    );
    const second = await publish(db, { ...stream, key: row?.stream_key.split('?key=')[1] });
    expect(second).toMatchObject({ admitted: true, resumed: false });
    expect(second.session_id).not.toBe(first.session_id);
  });

  test('past a zombie, once its lease is over', async () => {
    const zombie = await publish(db, stream, { publisher: 'zombie' });
    expect(await publish(db, stream, { publisher: 'b' })).toMatchObject({ status: 409 });
    await ageSession(db, zombie.session_id ?? '', 91);
    expect(await publish(db, stream, { publisher: 'c' })).toMatchObject({
      admitted: true,
      resumed: false,
    });
    const [session] =
      await db.sql`select ended_reason from public.stream_sessions where id = ${zombie.session_id ?? ''}`;
    expect(session?.ended_reason).toBe('lease_expired');
  });

  test('a media server that counts from 1 again does not keep the id of its old connection', async () => {
    const elsewhere = await createStream(db, (await db.createUser()).id);
    const old = await publish(db, elsewhere, { publisher: '1', server: 'nginx' });
    expect(await publish(db, stream, { publisher: '1', server: 'nginx' })).toMatchObject({
      admitted: true,
    });
    const [session] =
      await db.sql`select disconnected_at, is_active from public.stream_sessions where id = ${old.session_id ?? ''}`;
    expect(session?.disconnected_at).toBeInstanceOf(Date);
    expect(await publish(db, elsewhere, { publisher: '2', server: 'nginx' })).toMatchObject({
      resumed: true,
    });
  });
});

describe('the record of admissions', () => {
  test('answers why a publisher was refused, to the owner and admins', async () => {
    await publish(db, stream, { key: 'my-bank-password' });
    await publish(db, stream);
    const second = await createStream(db, owner.id);
    await publish(db, second);
    const admissions = (id: string) =>
      db.asUser(owner.id, (sql) => sql`select * from public.get_admissions(${id})`);
    const rules = (await admissions(stream.id)).map(({ rule, key_prefix }) => [rule, key_prefix]);
    expect(rules).toEqual([
      ['admitted', stream.key.slice(0, 8)],
      ['stream_key_invalid', '****'],
    ]);
    expect(await admissions(second.id)).toMatchObject([
      {
        admitted: false,
        rule: 'stream_limit_reached',
        limit_count: 1,
        active_count: 1,
        client_ip: '192.0.2.7',
      },
    ]);
    expect(
      await db.asAdmin((sql) => sql`select * from public.get_admissions(${second.id})`),
    ).toHaveLength(1);
    const { id } = await db.createUser();
    await expectFailure(
      db.asUser(id, (sql) => sql`select * from public.get_admissions(${stream.id})`),
      {
        status: 404,
        details: 'stream_not_found',
      },
    );
  });
});

test('a wrong key is recorded, but does not fill the history of the stream or hold its owner up', async () => {
  await db.sql.begin(async (sql) => {
    await sql`select from public.users where id = ${owner.id} for update`;
    expect(await publish(db, stream, { key: 'wrong' })).toMatchObject({ status: 401 });
  });
  const refusals = () =>
    db.sql`select from private.event_log where aggregate_id = ${stream.id} and event_type = 'AdmissionRefused'`;
  expect(await refusals()).toHaveLength(0);
  await publish(db, stream);
  await publish(db, stream);
  expect(await refusals()).toHaveLength(1);
});

describe('wrong keys of strangers', () => {
  const attempts = (id = stream.id) => db.sql`
    select host(client_ip) as ip, attempts, date_trunc('minute', created_at) as minute from private.admission_log
    where stream_id = ${id} and rule = 'stream_key_invalid' order by id`;
  const total = (rows: readonly Record<string, unknown>[]) =>
    rows.reduce((sum, row) => sum + Number(row.attempts), 0);
  const minutes = (rows: readonly Record<string, unknown>[]) =>
    new Set(rows.map(({ minute }) => String(minute))).size;

  test('from one address are one row a minute, with their number', async () => {
    for (let n = 0; n < 8; n++) await publish(db, stream, { key: 'wrong', publisher: `p${n}` });
    await publish(db, stream, { key: 'wrong', ip: '198.51.100.9' });
    const rows = await attempts();
    expect(rows.length).toBeLessThanOrEqual(2 * minutes(rows));
    expect(new Set(rows.map(({ ip }) => ip))).toEqual(new Set(['192.0.2.7', '198.51.100.9']));
    expect(total(rows)).toBe(9);
    const shown = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.get_admissions(${stream.id})`,
    );
    expect(total(shown)).toBe(9);
  });

  test('from many addresses at once are at most 20 rows a minute, and all are counted', async () => {
    const connections = await db.connect(8);
    await Promise.all(
      connections.map(async (sql, lane) => {
        for (let n = 0; n < 10; n++) {
          const ip = `2001:db8:${lane}:${n}::1`;
          await actAs(
            sql,
            { role: 'service_role' },
            (as) => as`select public.begin_ingest(${stream.id}, 'wrong', 'm', ${ip}, ${ip})`,
          );
        }
      }),
    );
    const rows = await attempts();
    expect(rows.length).toBeLessThanOrEqual(20 * minutes(rows));
    expect(total(rows)).toBe(80);
  });

  test('leave the owner’s own history in sight', async () => {
    await publish(db, stream);
    for (let n = 0; n < 60; n++) await publish(db, stream, { key: 'wrong', ip: `192.0.2.${n}` });
    const shown = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.get_admissions(${stream.id}, max_count => 50)`,
    );
    expect(shown.filter(({ rule }) => rule === 'admitted')).toHaveLength(1);
  });

  test('for a stream that does not exist leave nothing', async () => {
    const logged = () => db.sql`select count(*)::int as count from private.admission_log`;
    const before = await logged();
    expect(await publish(db, { ...stream, id: randomUUID() })).toMatchObject({ status: 401 });
    expect(await logged()).toEqual(before);
  });
});

test('only the server asks', async () => {
  for (const act of [
    db.asAnon,
    (work: never) => db.asUser(owner.id, work),
  ] as (typeof db.asAnon)[]) {
    await expectFailure(
      act((sql) => sql`select public.begin_ingest(${stream.id}, ${stream.key}, 'm', 'p')`),
      { code: '42501' },
    );
  }
});

test.each([
  ['media_server', '', 'p'],
  ['media_server', null, 'p'],
  ['publisher_id', 'm', 'x'.repeat(201)],
  ['publisher_id', 'm', 'a\nb'],
])('junk in %s is refused', async (field, server, publisher) => {
  await expectFailure(publish(db, stream, { server: server as string, publisher }), {
    status: 400,
    details: `${field}_invalid`,
  });
});
