/** A file in storage: what was approved is what is pushed, and nothing that takes its place. */
import { randomUUID } from 'node:crypto';
import { test as base, describe, expect, expectFailure } from '../support/fixtures.ts';
import {
  claim,
  renew,
  report,
  requestStream,
  startRequest,
  startRestream,
} from '../support/restream.ts';

/** A user of each test's own with a file, and what is done to it. */
const test = base.extend('video', async ({ db }) => {
  const { id: userId } = await db.createUser();
  const name = `${userId}/show.mp4`;
  const source = `videos/${name}`;
  const put = () => db.superuser`
    insert into storage.objects (bucket_id, name, version) values ('videos', ${name}, ${randomUUID()})`;
  const remove = () =>
    db.superuser.begin(async (sql) => {
      await sql`set local storage.allow_delete_query = 'true'`;
      await sql`delete from storage.objects where name = ${name}`;
    });
  const replace = () => db.superuser`
    update storage.objects set version = ${randomUUID()}, updated_at = now() where name = ${name}`;
  const approve = (id: string) =>
    db.asAdmin((sql) => sql`select public.approve_stream_request(${id})`);
  const provide = (id: string) =>
    db.asService(
      (sql) => sql`select public.provide_session_source(${id}, 'https://files.example.com/signed')`,
    );
  await put();
  return { userId, source, put, remove, replace, approve, provide };
});

const CHANGED = { status: 409, details: 'video_changed', message: /is not the file/ };

describe('a file that takes the place of an approved one', () => {
  test('is not started, nor a new one of its name', async ({ db, video }) => {
    const { id } = await requestStream(db, video.userId, { source: video.source });
    await video.approve(id);
    await video.replace();
    await expectFailure(startRequest(db, video.userId, id), CHANGED);
    const second = await requestStream(db, video.userId, { source: video.source });
    await video.approve(second.id);
    await video.remove();
    await video.put();
    await expectFailure(startRequest(db, video.userId, second.id), CHANGED);
  });

  test('before the approval is what is approved, and is started again and again', async ({
    db,
    video,
  }) => {
    const { id } = await requestStream(db, video.userId, { source: video.source });
    await video.replace();
    await video.approve(id);
    for (let time = 0; time < 2; time++) {
      const session = await startRequest(db, video.userId, id);
      await video.provide(session.id);
      expect((await claim(db)).session).toMatchObject({ id: session.id });
      expect(await renew(db, session.id)).toMatchObject({ status: 'starting' });
      await report(db, session.id, 'stopped');
    }
    await video.replace();
    await expectFailure(startRequest(db, video.userId, id), CHANGED);
  });

  test('is refused where no approval is needed, from the request on', async ({ db, video }) => {
    const required = (value: boolean) =>
      db.asAdmin((sql) => sql`select public.set_setting('approval_required', ${sql.json(value)})`);
    await required(false);
    const { id } = await requestStream(db, video.userId, { source: video.source });
    await required(true);
    await video.replace();
    await expectFailure(startRequest(db, video.userId, id), CHANGED);
  });

  test('while it waits for a worker is handed to none', async ({ db, video }) => {
    const { id } = await startRestream(db, video.userId, { source: video.source });
    await video.provide(id);
    await video.replace();
    expect((await claim(db)).session).toBeNull();
    const [session] = await db.sql`select * from public.stream_sessions where id = ${id}`;
    expect(session).toMatchObject({ status: 'error', ended_reason: 'video_replaced' });
    expect(session?.error).toMatch(/is not the file that was approved/);
  });

  test('while it is pushed stops the push, and says why', async ({ db, video }) => {
    const { id } = await startRestream(db, video.userId, { source: video.source, repeat: true });
    await video.provide(id);
    await claim(db);
    await report(db, id, 'running');
    expect(await renew(db, id)).toMatchObject({ status: 'running' });
    await video.replace();
    expect(await renew(db, id)).toMatchObject({ status: 'stopping' });
    await report(db, id, 'stopped');
    const [session] = await db.sql`select * from public.stream_sessions where id = ${id}`;
    expect(session).toMatchObject({ status: 'stopped', is_active: false });
    expect(session?.error).toMatch(/is not the file that was approved/);
  });
});

test('an address elsewhere is pushed as before', async ({ db, video }) => {
  const { id } = await startRestream(db, video.userId);
  expect((await claim(db)).session).toMatchObject({ id, is_storage: false });
  expect(await renew(db, id)).toMatchObject({ status: 'starting' });
});
