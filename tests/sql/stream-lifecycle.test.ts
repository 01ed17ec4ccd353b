import type { Act } from '../support/database.ts';
import { test as base, describe, expect, expectFailure } from '../support/fixtures.ts';
import { createStream, publish } from '../support/streams.ts';

type Verb = 'disable_stream' | 'enable_stream' | 'delete_stream';

/** Each test has a stream of its own, whose broadcaster may run one at a time. */
const test = base
  .extend('broadcaster', ({ db }) => db.createUser())
  .extend('asBroadcaster', ({ db, broadcaster }) => db.as(broadcaster))
  .extend('stream', ({ db, broadcaster }) => createStream(db, broadcaster.id))
  .extend(
    'call',
    ({ stream }) =>
      (act: Act, verb: Verb) =>
        act((sql) => sql`select * from ${sql(`public.${verb}`)}(${stream.id})`),
  );

describe('disabling', () => {
  test('ends the running session and admits nobody until it is enabled', async ({
    db,
    asBroadcaster,
    stream,
    call,
  }) => {
    const { session_id: sessionId } = await publish(db, stream);
    const [disabled] = await call(asBroadcaster, 'disable_stream');
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
    expect(await call(asBroadcaster, 'enable_stream')).toMatchObject([
      { status: 'idle', disabled_by: null },
    ]);
    expect(await publish(db, stream)).toMatchObject({ admitted: true, resumed: false });
  });

  test('twice is once', async ({ asBroadcaster, call }) => {
    await call(asBroadcaster, 'disable_stream');
    expect(await call(asBroadcaster, 'disable_stream')).toMatchObject([{ status: 'disabled' }]);
    await call(asBroadcaster, 'enable_stream');
    expect(await call(asBroadcaster, 'enable_stream')).toMatchObject([{ status: 'idle' }]);
  });

  test('what an admin disabled, the owner cannot enable', async ({ db, asBroadcaster, call }) => {
    await call(asBroadcaster, 'disable_stream');
    expect(await call(db.asAdmin, 'disable_stream')).toMatchObject([{ disabled_by: 'admin' }]);
    await call(asBroadcaster, 'disable_stream');
    await expectFailure(call(asBroadcaster, 'enable_stream'), {
      status: 403,
      details: 'disabled_by_admin',
    });
    expect(await call(db.asAdmin, 'enable_stream')).toMatchObject([{ status: 'idle' }]);
  });
});

describe('deleting', () => {
  test('takes a live stream with everything of it, and the user has its place again', async ({
    db,
    broadcaster,
    asBroadcaster,
    stream,
    call,
  }) => {
    await publish(db, stream);
    await call(asBroadcaster, 'delete_stream');
    expect(await db.sql`select from public.streams where id = ${stream.id}`).toHaveLength(0);
    expect(
      await db.sql`select from private.stream_keys where stream_id = ${stream.id}`,
    ).toHaveLength(0);
    const [user] =
      await db.sql`select streams_active from public.users where id = ${broadcaster.id}`;
    expect(user?.streams_active).toBe(0);
    await expectFailure(call(asBroadcaster, 'delete_stream'), {
      status: 404,
      details: 'stream_not_found',
    });
  });

  test('leaves the record of its admissions without addresses', async ({
    db,
    asBroadcaster,
    stream,
    call,
  }) => {
    await publish(db, stream);
    await publish(db, stream, { key: 'wrong' });
    const addresses = async () =>
      (
        await db.sql`
          select host(client_ip) as ip from private.admission_log where stream_id = ${stream.id}`
      ).map(({ ip }) => ip);
    expect(await addresses()).toEqual(['192.0.2.7', '192.0.2.7']);
    await call(asBroadcaster, 'delete_stream');
    expect(await addresses()).toEqual([null, null]);
  });
});

test.for(['disable_stream', 'enable_stream', 'delete_stream'] as const)(
  '%s: a stranger finds nothing, anonymous ones have to sign in',
  async (verb, { db, stranger, call }) => {
    await expectFailure(call(db.as(stranger), verb), {
      status: 404,
      details: 'stream_not_found',
    });
    await expectFailure(call(db.asAnon, verb), { status: 401, details: 'sign_in_required' });
  },
);

test('a status moves only along the allowed transitions', async ({
  db,
  asBroadcaster,
  stream,
  call,
}) => {
  await call(asBroadcaster, 'disable_stream');
  await expectFailure(db.sql`update public.streams set status = 'live' where id = ${stream.id}`, {
    status: 409,
    details: 'invalid_transition',
    message: /streams cannot go from disabled to live/,
  });
});
