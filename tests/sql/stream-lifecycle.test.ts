import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let stream: TestStream;
beforeAll(async () => {
  db = await createDatabase();
  stranger = await db.createUser();
});
beforeEach(async () => {
  owner = await db.createUser();
  stream = await createStream(db, owner.id);
});
afterAll(() => db.drop());

type Verb = 'disable_stream' | 'enable_stream' | 'delete_stream';
const as =
  (user: TestUser): TestDatabase['asAnon'] =>
  (work, options) =>
    db.asUser(user.id, work, options);
const call = (act: TestDatabase['asAnon'], verb: Verb) =>
  act((sql) => sql`select * from ${sql(`public.${verb}`)}(${stream.id})`);

describe('disabling', () => {
  test('ends the running session and admits nobody until it is enabled', async () => {
    const { session_id: sessionId } = await publish(db, stream);
    const [disabled] = await call(as(owner), 'disable_stream');
    expect(disabled).toMatchObject({ status: 'disabled', is_live: false, disabled_by: 'owner' });
    expect(disabled?.ended_at).toBeInstanceOf(Date);
    const [session] =
      await db.sql`select * from public.stream_sessions where id = ${sessionId ?? ''}`;
    expect(session).toMatchObject({ status: 'stopped', ended_reason: 'disabled' });
    expect(await publish(db, stream)).toMatchObject({
      admitted: false,
      status: 403,
      code: 'stream_disabled',
    });
    expect(await call(as(owner), 'enable_stream')).toMatchObject([
      { status: 'idle', disabled_by: null },
    ]);
    expect(await publish(db, stream)).toMatchObject({ admitted: true, resumed: false });
  });

  test('twice is once', async () => {
    await call(as(owner), 'disable_stream');
    expect(await call(as(owner), 'disable_stream')).toMatchObject([{ status: 'disabled' }]);
    await call(as(owner), 'enable_stream');
    expect(await call(as(owner), 'enable_stream')).toMatchObject([{ status: 'idle' }]);
  });

  test('what an admin disabled, the owner cannot enable', async () => {
    await call(as(owner), 'disable_stream');
    expect(await call(db.asAdmin, 'disable_stream')).toMatchObject([{ disabled_by: 'admin' }]);
    await call(as(owner), 'disable_stream');
    await expectFailure(call(as(owner), 'enable_stream'), {
      status: 403,
      details: 'disabled_by_admin',
    });
    expect(await call(db.asAdmin, 'enable_stream')).toMatchObject([{ status: 'idle' }]);
  });
});

describe('deleting', () => {
  test('takes a live stream with everything of it, and the user has its place again', async () => {
    await publish(db, stream);
    await call(as(owner), 'delete_stream');
    expect(await db.sql`select from public.streams where id = ${stream.id}`).toHaveLength(0);
    expect(
      await db.sql`select from private.stream_keys where stream_id = ${stream.id}`,
    ).toHaveLength(0);
    const [user] = await db.sql`select streams_active from public.users where id = ${owner.id}`;
    expect(user?.streams_active).toBe(0);
    await expectFailure(call(as(owner), 'delete_stream'), {
      status: 404,
      details: 'stream_not_found',
    });
  });
});

test.each(['disable_stream', 'enable_stream', 'delete_stream'] as const)(
  '%s: a stranger finds nothing, anonymous ones have to sign in',
  async (verb) => {
    await expectFailure(call(as(stranger), verb), { status: 404, details: 'stream_not_found' });
    await expectFailure(call(db.asAnon, verb), { status: 401, details: 'sign_in_required' });
  },
);

test('a status moves only along the allowed transitions', async () => {
  await call(as(owner), 'disable_stream');
  await expectFailure(db.sql`update public.streams set status = 'live' where id = ${stream.id}`, {
    status: 409,
    details: 'invalid_transition',
    message: /streams cannot go from disabled to live/,
  });
});
