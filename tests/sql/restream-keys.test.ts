/** The key of a target: it is kept while the request may still need it, and no longer. */
import { test as base, describe, expect, expectFailure } from '../support/fixtures.ts';
import {
  claim,
  loseLease,
  renew,
  report,
  requestStream,
  startRequest,
  startRestream,
} from '../support/restream.ts';

const KEY = 'first-part-key-1234';

/** A user of each test's own: one session may run at once. */
const test = base.extend('user', ({ db }) => db.createUser());

type Db = Parameters<typeof requestStream>[0];

const keys = async (db: Db, requestId: string) =>
  (await db.sql`select from private.stream_request_secrets where request_id = ${requestId}`).length;
const requestOf = async (db: Db, session: string): Promise<string> =>
  (await db.sql`select id from public.stream_requests where session_id = ${session}`)[0]?.id;
const cancel = (db: Db, user: { id: string }, id: string) =>
  db.asUser(user.id, (sql) => sql`select public.cancel_stream_request(${id})`);
const reject = (db: Db, id: string) =>
  db.asAdmin((sql) => sql`select public.reject_stream_request(${id})`);
const approve = (db: Db, id: string) =>
  db.asAdmin((sql) => sql`select public.approve_stream_request(${id})`);

describe('a target’s key', () => {
  test('goes when a pending or approved request is cancelled or rejected', async ({ db, user }) => {
    for (const isApproved of [false, true]) {
      for (const end of [(id: string) => cancel(db, user, id), (id: string) => reject(db, id)]) {
        const { id } = await requestStream(db, user.id);
        if (isApproved) await approve(db, id);
        expect(await keys(db, id)).toBe(1);
        await end(id);
        expect(await keys(db, id)).toBe(0);
      }
    }
  });

  test('stays when a session has ended, for the next start', async ({ db, user }) => {
    const { id } = await startRestream(db, user.id);
    await claim(db);
    await report(db, id, 'stopped');
    const request = await requestOf(db, id);
    expect(await keys(db, request)).toBe(1);
    await startRequest(db, user.id, request);
    await cancel(db, user, request);
    expect(await keys(db, request)).toBe(0);
  });

  test.for(['cancelled', 'rejected'])(
    'stays until the session of a %s request has ended, and out of its last report',
    async (how, { db, user }) => {
      const { id } = await startRestream(db, user.id, {
        target: `rtmp://live.example.com/${KEY}/stream`,
      });
      await claim(db);
      const request = await requestOf(db, id);
      await (how === 'rejected' ? reject(db, request) : cancel(db, user, request));
      expect(await renew(db, id)).toMatchObject({ status: 'stopping' });
      expect(await keys(db, request)).toBe(1);
      await report(db, id, 'error', { error: `no route to ${KEY}` });
      expect(await keys(db, request)).toBe(0);
      const [session] = await db.sql`select error from public.stream_sessions where id = ${id}`;
      expect(session?.error).toBe('no route to ****');
    },
  );

  test('goes too when the worker of a rejected request is never heard of again', async ({
    db,
    user,
  }) => {
    const { id } = await startRestream(db, user.id);
    await claim(db);
    const request = await requestOf(db, id);
    await reject(db, request);
    await loseLease(db, id);
    await db.asService((sql) => sql`select public.cleanup_orphaned_streams()`);
    expect(await keys(db, request)).toBe(0);
  });

  test('goes with the stream of a request that was rejected while it ran', async ({ db, user }) => {
    const { id, stream_id: stream } = await startRestream(db, user.id);
    await claim(db);
    const request = await requestOf(db, id);
    await reject(db, request);
    await db.asUser(user.id, (sql) => sql`select public.delete_stream(${stream})`);
    expect(await keys(db, request)).toBe(0);
  });

  test('of a request that was cancelled cannot be used again', async ({ db, user }) => {
    const { id } = await requestStream(db, user.id);
    await approve(db, id);
    await cancel(db, user, id);
    await expectFailure(startRequest(db, user.id, id), { details: 'request_not_approved' });
  });
});
