import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { createStream, publish, type TestStream } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
let stranger: TestUser;
const streams = {} as Record<'public' | 'unlisted' | 'private', TestStream>;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
  stranger = await db.createUser();
  for (const visibility of ['public', 'unlisted', 'private'] as const) {
    streams[visibility] = await createStream(db, owner.id, { visibility });
  }
});
afterAll(() => db.drop());

const list = async (act: TestDatabase['asAnon']) => {
  const rows = await act((sql) => sql`select visibility from public.streams order by visibility`);
  return rows.map(({ visibility }) => visibility);
};
const as =
  (user: TestUser): TestDatabase['asAnon'] =>
  (work, options) =>
    db.asUser(user.id, work, options);

describe('who sees a stream', () => {
  test('anonymous and strangers list the public ones', async () => {
    expect(await list(db.asAnon)).toEqual(['public']);
    expect(await list(as(stranger))).toEqual(['public']);
  });

  test('the owner and an admin list all', async () => {
    expect(await list(as(owner))).toEqual(['private', 'public', 'unlisted']);
    expect(await list(db.asAdmin)).toEqual(['private', 'public', 'unlisted']);
  });

  test('get_stream opens unlisted ones to all, private ones to the owner and admins', async () => {
    const get = (act: TestDatabase['asAnon'], id: string) =>
      act((sql) => sql`select id from public.get_stream(${id})`);
    expect(await get(db.asAnon, streams.unlisted.id)).toEqual([{ id: streams.unlisted.id }]);
    expect(await get(as(owner), streams.private.id)).toEqual([{ id: streams.private.id }]);
    expect(await get(db.asAdmin, streams.private.id)).toEqual([{ id: streams.private.id }]);
    for (const act of [db.asAnon, as(stranger)]) {
      await expectFailure(get(act, streams.private.id), {
        status: 404,
        details: 'stream_not_found',
      });
      await expectFailure(get(act, '00000000-0000-4000-8000-000000000000'), {
        status: 404,
        details: 'stream_not_found',
      });
    }
  });

  test('keys are in no table that a client reaches', async () => {
    for (const act of [db.asAnon, as(owner), db.asAdmin, db.asService]) {
      await expectFailure(
        act((sql) => sql`select * from private.stream_keys`),
        { code: '42501' },
      );
    }
  });

  test('sessions are for the owner and admins', async () => {
    await publish(db, streams.public);
    const sessions = (act: TestDatabase['asAnon']) =>
      act((sql) => sql`select stream_id from public.stream_sessions`);
    expect(await sessions(as(owner))).toEqual([{ stream_id: streams.public.id }]);
    expect(await sessions(db.asAdmin)).toHaveLength(1);
    expect(await sessions(as(stranger))).toHaveLength(0);
    await expectFailure(sessions(db.asAnon), { code: '42501' });
    await expectFailure(
      as(owner)((sql) => sql`update public.stream_sessions set bytes_in = 0`),
      { code: '42501' },
    );
  });

  test('the role streams_service touches its domain alone', async () => {
    await db.superuser.begin(async (sql) => {
      await sql`set local role streams_service`;
      expect(await sql`select from public.streams`).toHaveLength(3);
      await sql`select public.reap_sessions()`;
      await expectFailure(
        sql.savepoint((inner) => inner`select * from public.users`),
        { code: '42501' },
      );
    });
  });
});
