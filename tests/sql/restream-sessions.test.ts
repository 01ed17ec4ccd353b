/** Starting and stopping a restream: who may, under which limit, and what follows. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import {
  claim,
  renew,
  report,
  requestStream,
  startRequest,
  startRestream,
  TARGET,
} from '../support/restream.ts';
import { createStream, publish } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
let other: TestUser;
beforeAll(async () => {
  db = await createDatabase();
});
beforeEach(async () => {
  await db.sql`update public.stream_sessions set status = 'stopped', stopped_at = now() where is_active`;
  [owner, other] = await Promise.all([db.createUser(), db.createUser()]);
});
afterAll(() => db.drop());

const stop = (userId: string, session: string) =>
  db.asUser(userId, (sql) => sql`select * from public.stop_restream(${session})`);
const stopByAdmin = (session: string) =>
  db.asAdmin((sql) => sql`select * from public.stop_restream(${session})`);
const sessionOf = async (id: string) =>
  (await db.sql`select * from public.stream_sessions where id = ${id}`)[0];
const requestOf = async (session: string) =>
  (await db.sql`select * from public.stream_requests where session_id = ${session}`)[0];
const activeOf = async (user: TestUser) =>
  (await db.sql`select streams_active from public.users where id = ${user.id}`)[0]?.streams_active;
const allow = (user: TestUser, streams: number) =>
  db.sql`update public.users set package_type = ${streams > 1 ? 'creator' : null}, package_expires_at = null where id = ${user.id}`;

async function approved(user: TestUser) {
  const { id } = await requestStream(db, user.id);
  await db.asAdmin((sql) => sql`select public.approve_stream_request(${id})`);
  return id;
}

describe('a start', () => {
  test('queues a session under a private stream of the request’s name', async () => {
    const session = await startRestream(db, owner.id, { title: 'My show' });
    expect(session).toMatchObject({
      kind: 'restream',
      status: 'starting',
      is_active: true,
      user_id: owner.id,
      rtmp_url: 'rtmp://live.example.com/app/****',
      worker_id: null,
    });
    const [stream] = await db.sql`select * from public.streams where id = ${session.stream_id}`;
    expect(stream).toMatchObject({
      title: 'My show',
      user_id: owner.id,
      visibility: 'private',
      is_live: false,
    });
    expect(await requestOf(session.id)).toMatchObject({
      status: 'streaming',
      stream_id: session.stream_id,
    });
    expect(await activeOf(owner)).toBe(1);
  });

  test('that comes twice answers the same session', async () => {
    const id = await approved(owner);
    const first = await startRequest(db, owner.id, id);
    expect(await startRequest(db, owner.id, id)).toEqual(first);
    expect(await activeOf(owner)).toBe(1);
  });

  test('is for the owner and admins', async () => {
    const id = await approved(owner);
    await expectFailure(startRequest(db, other.id, id), {
      status: 404,
      details: 'request_not_found',
    });
    const [session] = await db.asAdmin(
      (sql) => sql`select * from public.start_stream_request(${id})`,
    );
    expect(session?.user_id).toBe(owner.id);
  });

  test('waits for approval', async () => {
    const { id } = await requestStream(db, owner.id);
    await expectFailure(startRequest(db, owner.id, id), {
      status: 409,
      details: 'request_not_approved',
    });
  });

  test('counts with ingest against the package’s limit', async () => {
    const stream = await createStream(db, owner.id);
    await publish(db, stream, { publisher: 'a' });
    await expectFailure(startRestream(db, owner.id), {
      status: 402,
      details: 'stream_limit_reached',
    });
    await db.sql`update public.stream_sessions set status = 'stopped' where user_id = ${owner.id}`;
    await startRestream(db, owner.id);
    expect(await publish(db, stream, { publisher: 'b' })).toMatchObject({
      admitted: false,
      code: 'stream_limit_reached',
    });
  });

  test('is refused for a stream that is disabled or has expired', async () => {
    const id = await approved(owner);
    const session = await startRequest(db, owner.id, id);
    await db.asUser(owner.id, (sql) => sql`select public.disable_stream(${session.stream_id})`);
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'stopped',
      ended_reason: 'disabled',
    });
    await expectFailure(startRequest(db, owner.id, id), {
      status: 403,
      details: 'stream_disabled',
    });
    await db.sql`update public.streams set status = 'idle', disabled_by = null, expires_at = now() where id = ${session.stream_id}`;
    await expectFailure(startRequest(db, owner.id, id), { status: 410, details: 'stream_expired' });
  });

  test('after a stop makes a new session under the same stream', async () => {
    const id = await approved(owner);
    const first = await startRequest(db, owner.id, id);
    await stop(owner.id, first.id);
    const second = await startRequest(db, owner.id, id);
    expect(second.id).not.toBe(first.id);
    expect(second.stream_id).toBe(first.stream_id);
    expect(await requestOf(second.id)).toMatchObject({ status: 'streaming', stopped_at: null });
  });

  test('after its stream was deleted makes another', async () => {
    const id = await approved(owner);
    const first = await startRequest(db, owner.id, id);
    await db.asUser(owner.id, (sql) => sql`select public.delete_stream(${first.stream_id})`);
    const [request] = await db.sql`select * from public.stream_requests where id = ${id}`;
    expect(request).toMatchObject({ status: 'stopped', stream_id: null, session_id: null });
    expect((await startRequest(db, owner.id, id)).stream_id).not.toBe(first.stream_id);
  });
});

test('of many starts at once the limit admits exactly as many as the package allows', async () => {
  await allow(owner, 3);
  const requests = await Promise.all(Array.from({ length: 8 }, () => approved(owner)));
  const connections = await db.connect(16);
  const outcomes = await Promise.allSettled(
    connections.map((connection, index) =>
      actAs(
        connection,
        { role: 'authenticated', userId: owner.id },
        (sql) => sql`select id from public.start_stream_request(${requests[index % 8] ?? ''})`,
      ),
    ),
  );
  const started = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.map(({ id }) => id) : [],
  );
  expect(new Set(started).size).toBe(3);
  expect(await activeOf(owner)).toBe(3);
});

describe('a stop', () => {
  test('before a worker has it ends the session at once', async () => {
    const { id } = await startRestream(db, owner.id);
    expect((await stop(owner.id, id))[0]).toMatchObject({
      status: 'stopped',
      ended_reason: 'stopped',
    });
    expect(await requestOf(id)).toMatchObject({ status: 'stopped' });
    expect((await claim(db)).session).toBeNull();
    expect(await activeOf(owner)).toBe(0);
  });

  test('asks the worker that has it, and is answered alike when repeated', async () => {
    const { id } = await startRestream(db, owner.id);
    await claim(db);
    expect((await stop(owner.id, id))[0]).toMatchObject({ status: 'stopping' });
    expect((await stop(owner.id, id))[0]).toMatchObject({ status: 'stopping' });
    expect(await renew(db, id)).toMatchObject({ status: 'stopping' });
    expect(await report(db, id, 'stopped')).toEqual({ status: 'stopped' });
    expect((await stop(owner.id, id))[0]).toMatchObject({ status: 'stopped' });
    expect(await activeOf(owner)).toBe(0);
  });

  test('is for the owner and admins', async () => {
    const { id } = await startRestream(db, owner.id);
    await expectFailure(stop(other.id, id), { status: 404, details: 'session_not_found' });
    expect((await stopByAdmin(id))[0]).toMatchObject({ status: 'stopped' });
  });

  test('does not end what an encoder pushes', async () => {
    const stream = await createStream(db, owner.id);
    const { session_id: id } = await publish(db, stream);
    await expectFailure(stop(owner.id, String(id)), {
      status: 409,
      details: 'session_not_restream',
    });
  });

  test('comes with a cancellation, which is final', async () => {
    const { id } = await startRestream(db, owner.id);
    await claim(db);
    const { id: requestId } = (await requestOf(id)) ?? {};
    await db.asUser(owner.id, (sql) => sql`select public.cancel_stream_request(${requestId})`);
    expect((await sessionOf(id))?.status).toBe('stopping');
    await report(db, id, 'stopped');
    expect(await requestOf(id)).toMatchObject({ status: 'stopped', approved_at: null });
    await expectFailure(startRequest(db, owner.id, requestId), { details: 'request_not_approved' });
  });

  test('comes with a late rejection, which is final', async () => {
    const { id } = await startRestream(db, owner.id);
    await claim(db);
    const { id: requestId } = (await requestOf(id)) ?? {};
    await db.asAdmin((sql) => sql`select public.reject_stream_request(${requestId}, 'not yours')`);
    expect((await sessionOf(id))?.status).toBe('stopping');
    await report(db, id, 'stopped');
    expect(await requestOf(id)).toMatchObject({ status: 'rejected' });
  });
});

describe('a file in storage', () => {
  test('is claimable once its signed URL is there', async () => {
    const name = `${owner.id}/a.mp4`;
    await db.superuser`insert into storage.objects (bucket_id, name) values ('videos', ${name})`;
    const { id } = await startRestream(db, owner.id, { source: `videos/${name}` });
    expect((await claim(db)).session).toBeNull();
    const signed = 'http://127.0.0.1:54321/storage/v1/object/sign/videos/a.mp4?token=t';
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`select public.provide_session_source(${id}, ${signed})`),
      { code: '42501' },
    );
    await db.asService((sql) => sql`select public.provide_session_source(${id}, ${signed})`);
    expect((await claim(db)).session).toMatchObject({
      id,
      source_url: signed,
      is_storage: true,
      rtmp_url: TARGET,
    });
  });

  test('is the only source that is provided so', async () => {
    const { id } = await startRestream(db, owner.id);
    await db.asService(
      (sql) => sql`select public.provide_session_source(${id}, 'http://127.0.0.1/other')`,
    );
    expect((await claim(db)).session).toMatchObject({
      source_url: 'https://videos.example.com/a.mp4?signature=hush-hush',
      is_storage: false,
    });
  });
});

test('workers are notified of what they can claim and of what they shall stop', async () => {
  const [listener] = await db.connect(1, 'postgres');
  const notices: unknown[] = [];
  await listener?.listen('restream_sessions', (payload) => notices.push(JSON.parse(payload)));
  const { id } = await startRestream(db, owner.id);
  await claim(db, 'worker-7');
  await stop(owner.id, id);
  await db.superuser`delete from auth.users where id = ${owner.id}`;
  const theirs = await startRestream(db, other.id);
  await claim(db, 'worker-8');
  await db.sql`delete from public.stream_sessions where id = ${theirs.id}`;
  await expect
    .poll(() => notices)
    .toEqual([
      { session_id: id, worker_id: null, status: 'starting' },
      { session_id: id, worker_id: 'worker-7', status: 'stopping' },
      { session_id: id, worker_id: 'worker-7', status: 'stopped' },
      { session_id: theirs.id, worker_id: null, status: 'starting' },
      { session_id: theirs.id, worker_id: 'worker-8', status: 'deleted' },
    ]);
});
