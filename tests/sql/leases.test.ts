import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let sessionId: string;
beforeAll(async () => {
  db = await createDatabase();
});
beforeEach(async () => {
  await db.sql`update public.stream_sessions set status = 'stopped' where is_active`;
  owner = await db.createUser();
  stream = await createStream(db, owner.id);
  sessionId = (await publish(db, stream, { publisher: 'p' })).session_id ?? '';
});
afterAll(() => db.drop());

const session = async () =>
  (await db.sql`select * from public.stream_sessions where id = ${sessionId}`)[0];
const end = async (publisher = 'p', bytes: number | null = null) =>
  (
    await db.asService(
      (sql) => sql`select * from public.end_ingest('media-1', ${publisher}, ${bytes})`,
    )
  )[0];
const renew = async (publishers: string[], complete = false) =>
  (
    await db.asService(
      (sql) => sql`select * from public.renew_ingest('media-1', ${publishers}, ${complete})`,
    )
  )[0];
const reap = async () =>
  (await db.asService((sql) => sql`select public.reap_sessions() as count`))[0]?.count;

describe('an end', () => {
  test('disconnects the session, which stays live for the grace', async () => {
    expect(await end('p', 12_345)).toEqual({ ended: true, session_id: sessionId });
    expect(await session()).toMatchObject({ status: 'running', bytes_in: '12345' });
    expect((await session())?.disconnected_at).toBeInstanceOf(Date);
    expect(await reap()).toBe(0);
  });

  test('that comes twice, or matches no session, changes nothing', async () => {
    await end();
    const before = await session();
    expect(await end('p', 999_999)).toEqual({ ended: false, session_id: null });
    expect(await end('unknown')).toEqual({ ended: false, session_id: null });
    expect(await session()).toEqual(before);
  });

  test('adds what each connection of the session sent', async () => {
    await end('p', 1000);
    await publish(db, stream, { publisher: 'next' });
    await end('next', 500);
    expect(await session()).toMatchObject({ bytes_in: '1500' });
  });

  test('of a publisher that has been taken over changes nothing', async () => {
    await end();
    await publish(db, stream, { publisher: 'next' });
    expect(await end('p')).toMatchObject({ ended: false });
    expect(await session()).toMatchObject({ disconnected_at: null, publisher_id: 'next' });
  });
});

describe('reap_sessions', () => {
  test('stops what did not come back within the grace, at the moment that it went', async () => {
    await end();
    await ageSession(db, sessionId, 61);
    const left = (await session())?.disconnected_at;
    expect(await reap()).toBe(1);
    expect(await session()).toMatchObject({
      status: 'stopped',
      ended_reason: 'disconnected',
      stopped_at: left,
    });
    const [row] = await db.sql`select status, ended_at from public.streams where id = ${stream.id}`;
    expect(row).toEqual({ status: 'idle', ended_at: left });
    expect(await reap()).toBe(0);
  });

  test('stops what has not been heard of for the lease', async () => {
    await ageSession(db, sessionId, 89);
    expect(await reap()).toBe(0);
    await ageSession(db, sessionId, 2);
    expect(await reap()).toBe(1);
    expect(await session()).toMatchObject({ status: 'stopped', ended_reason: 'lease_expired' });
  });

  test('keeps what was renewed', async () => {
    await ageSession(db, sessionId, 91);
    expect(await renew(['p'])).toMatchObject({ renewed: ['p'] });
    expect(await reap()).toBe(0);
  });

  test('follows its settings', async () => {
    await end();
    await db.asAdmin(
      (sql) => sql`select public.set_setting('ingest_reconnect_grace_seconds', '0')`,
    );
    expect(await reap()).toBe(1);
    await db.asAdmin(
      (sql) => sql`select public.set_setting('ingest_reconnect_grace_seconds', '60')`,
    );
  });

  test('leaves a user who is being changed for the next run, and waits for nobody', async () => {
    await ageSession(db, sessionId, 91);
    await db.sql.begin(async (sql) => {
      await sql`select from public.users where id = ${owner.id} for update`;
      expect(await reap()).toBe(0);
    });
    expect(await reap()).toBe(1);
  });
});

describe('renew_ingest', () => {
  test('names the publishers whose sessions have ended, to be dropped', async () => {
    await db.asUser(owner.id, (sql) => sql`select public.disable_stream(${stream.id})`);
    expect(await renew(['p', 'q'])).toEqual({ renewed: [], unknown: ['p', 'q'], disconnected: 0 });
  });

  test('with a complete list disconnects what the server no longer has', async () => {
    expect(await renew([], true)).toEqual({ renewed: [], unknown: [], disconnected: 1 });
    expect(await publish(db, stream, { publisher: 'after-restart' })).toMatchObject({
      resumed: true,
    });
  });

  test('takes back a disconnection that was wrong', async () => {
    await end();
    await renew(['p'], true);
    expect(await session()).toMatchObject({ disconnected_at: null });
  });

  test('touches no other server', async () => {
    const other = await createStream(db, (await db.createUser()).id);
    const { session_id: id } = await publish(db, other, { server: 'media-2' });
    await renew(['p'], true);
    expect(
      await db.sql`select disconnected_at from public.stream_sessions where id = ${id ?? ''}`,
    ).toEqual([{ disconnected_at: null }]);
  });

  test('refuses a list without bounds', async () => {
    await expectFailure(renew(Array.from({ length: 10_001 }, (_, i) => `${i}`)), {
      status: 400,
      details: 'publisher_ids_invalid',
    });
  });
});

test.each(['end_ingest', 'renew_ingest', 'reap_sessions'])('%s is for the server', async (name) => {
  const args = { end_ingest: "'m', 'p'", renew_ingest: "'m', '{}'", reap_sessions: '' }[name];
  await expectFailure(
    db.asUser(owner.id, (sql) => sql.unsafe(`select public.${name}(${args})`)),
    { code: '42501' },
  );
});
