/** Who may ask for a restream, with what, and who decides. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { requestStream, startRequest, TARGET } from '../support/restream.ts';

let db: TestDatabase;
let owner: TestUser;
let other: TestUser;
beforeAll(async () => {
  db = await createDatabase();
});
beforeEach(async () => {
  [owner, other] = await Promise.all([db.createUser(), db.createUser()]);
});
afterAll(() => db.drop());

const setting = (key: string, value: string) =>
  db.asAdmin((sql) => sql`select public.set_setting(${key}, ${value}::text::jsonb)`);
const approve = (id: string, notes: string | null = null) =>
  db.asAdmin((sql) => sql`select * from public.approve_stream_request(${id}, ${notes})`);
const reject = (id: string, notes: string | null = null) =>
  db.asAdmin((sql) => sql`select * from public.reject_stream_request(${id}, ${notes})`);
const cancel = (userId: string, id: string) =>
  db.asUser(userId, (sql) => sql`select * from public.cancel_stream_request(${id})`);

describe('a request', () => {
  test('is pending, with its secrets masked', async () => {
    expect(await requestStream(db, owner.id)).toMatchObject({
      user_id: owner.id,
      status: 'pending',
      video_source: 'https://videos.example.com/a.mp4?****',
      video_url: 'https://videos.example.com/a.mp4?****',
      rtmp_url: 'rtmp://live.example.com/app/****',
      approved_at: null,
      stream_id: null,
    });
  });

  test('is seen by its owner and admins, by nobody else', async () => {
    const { id } = await requestStream(db, owner.id);
    const seen = (rows: readonly unknown[]) => rows.length;
    const read = (userId: string) =>
      db.asUser(userId, (sql) => sql`select id from public.stream_requests where id = ${id}`);
    expect(seen(await read(owner.id))).toBe(1);
    expect(seen(await read(other.id))).toBe(0);
    expect(
      seen(await db.asAdmin((sql) => sql`select id from public.stream_requests where id = ${id}`)),
    ).toBe(1);
    await expectFailure(
      db.asAnon((sql) => sql`select id from public.stream_requests`),
      { code: '42501' },
    );
  });

  test('is changed through functions alone', async () => {
    const { id } = await requestStream(db, owner.id);
    await expectFailure(
      db.asUser(
        owner.id,
        (sql) => sql`update public.stream_requests set status = 'approved' where id = ${id}`,
      ),
      { code: '42501' },
    );
  });

  test('leaves its key in no event and no notice', async () => {
    const request = await requestStream(db, owner.id);
    await approve(request.id);
    await startRequest(db, owner.id, request.id);
    const [found] = await db.superuser`
      select count(*)::int as count from (
        select event_log::text as content from private.event_log
        union all select messages::text from realtime.messages
        union all select stream_requests::text from public.stream_requests
        union all select stream_sessions::text from public.stream_sessions) as everything
      where content like '%secret-key-1234%' or content like '%hush-hush%'`;
    expect(found?.count).toBe(0);
  });

  test('needs somebody who is signed in', async () => {
    await expectFailure(
      db.asAnon(
        (sql) => sql`select public.request_stream('https://example.com/a', ${TARGET}, 'x')`,
      ),
      { status: 401, details: 'sign_in_required' },
    );
  });

  test('is one of at most so many open ones', async () => {
    await setting('max_open_requests_per_user', '2');
    const first = await requestStream(db, owner.id);
    await requestStream(db, owner.id);
    await expectFailure(requestStream(db, owner.id), {
      status: 409,
      details: 'max_requests_reached',
    });
    await cancel(owner.id, first.id);
    expect((await requestStream(db, owner.id)).status).toBe('pending');
    await setting('max_open_requests_per_user', '20');
  });

  test.each([
    [{ title: '' }, 'title_invalid'],
    [{ title: 'x'.repeat(141) }, 'title_invalid'],
    [{ target: 'http://example.com/app/key' }, 'rtmp_url_invalid'],
    [{ target: 'rtmp://example.com' }, 'rtmp_url_invalid'],
    [{ target: 'rtmp://user:word@example.com/app/key' }, 'rtmp_url_invalid'],
    [{ target: 'rtmp://example.com/app/key with space' }, 'rtmp_url_invalid'],
    [{ target: 'rtmp://example.com:99999/app/key' }, 'rtmp_url_invalid'],
    [{ target: '' }, 'rtmp_url_invalid'],
    [{ source: 'ftp://example.com/a.mp4' }, 'video_source_invalid'],
    [{ source: 'file:///etc/passwd' }, 'video_source_invalid'],
    [{ source: 'concat:a|b' }, 'video_source_invalid'],
    [{ source: '/etc/passwd' }, 'video_source_invalid'],
    [{ source: 'videos/somebody-else/a.mp4' }, 'video_source_invalid'],
    [{ source: 'https://user@example.com/a.mp4' }, 'video_source_invalid'],
    [{ source: 'https://example.com\\@127.0.0.1/a.mp4' }, 'video_source_invalid'],
    [{ source: `https://example.com/${'a'.repeat(2048)}` }, 'video_source_invalid'],
  ])('with %o is refused: %s', async (wrong, details) => {
    await expectFailure(requestStream(db, owner.id, wrong), { status: 400, details });
  });

  test('keeps case and query of a target for the worker', async () => {
    const target = 'rtmps://Live.Example.com/App/Key-A?b=C';
    const { id, rtmp_url } = await requestStream(db, owner.id, { target });
    expect(rtmp_url).toBe('rtmps://live.example.com/App/****');
    const [row] =
      await db.sql`select rtmp_url from private.stream_request_secrets where request_id = ${id}`;
    expect(row?.rtmp_url).toBe(target);
  });
});

test.each([
  ['rtmp://example.com/secret-key-1234', 'rtmp://example.com/****'],
  ['rtmp://example.com/secret-key-1234/', 'rtmp://example.com/****'],
  ['rtmp://example.com/secret-key-1234/stream', 'rtmp://example.com/****'],
  ['rtmp://example.com/live/secret-key-1234', 'rtmp://example.com/live/****'],
  ['rtmp://example.com/live2/a/b', 'rtmp://example.com/live2/****'],
  ['rtmp://example.com/live?key=secret', 'rtmp://example.com/****'],
])('of the target %s is shown %s', async (target, shown) => {
  expect(await requestStream(db, owner.id, { target })).toMatchObject({ rtmp_url: shown });
});

describe('an address that is not on the public internet', () => {
  const HOSTS = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'db.localhost',
    'printer.local',
    'metadata.google.internal',
    'intranet',
    '127.0.0.1',
    '127.1',
    '127.0.0.1.',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[ff02::1]',
    '[::ffff:0:127.0.0.1]',
    '[::ffff:0:7f00:1]',
    '[3fff::1]',
    '[3fff:fff:ffff::1]',
    '[5f00::1]',
    '[5f00:ffff::1]',
  ];

  test.each(HOSTS)('%s is refused, as source and as target', async (host) => {
    await expectFailure(requestStream(db, owner.id, { source: `http://${host}/a.mp4` }), {
      status: 400,
      details: 'video_source_forbidden',
    });
    await expectFailure(requestStream(db, owner.id, { target: `rtmp://${host}/app/key` }), {
      status: 400,
      details: 'rtmp_url_forbidden',
    });
  });

  test.each([
    '1.1.1.1',
    '[2606:4700:4700::1111]',
    '[3ffe::1]',
    '[5f01::1]',
    'example.com',
    'a.b.example.co.uk',
    '172.32.0.1',
  ])('%s is public', async (host) => {
    const request = await requestStream(db, owner.id, {
      source: `http://${host}/a.mp4`,
      target: `rtmp://${host}:1936/app/key`,
    });
    expect(request).toMatchObject({
      video_url: `http://${host}/a.mp4`,
      rtmp_url: `rtmp://${host}:1936/app/****`,
    });
  });

  test('is taken when an admin has named it, with or without its port', async () => {
    await setting('allowed_target_hosts', '["127.0.0.1:1935"]');
    await setting('allowed_source_hosts', '["files"]');
    const request = await requestStream(db, owner.id, {
      source: 'http://files:9000/a.mp4',
      target: 'rtmp://127.0.0.1/live/key',
    });
    expect(request.rtmp_url).toBe('rtmp://127.0.0.1/live/****');
    await expectFailure(requestStream(db, owner.id, { target: 'rtmp://127.0.0.1:6379/a/b' }), {
      details: 'rtmp_url_forbidden',
    });
    await setting('allowed_target_hosts', '[]');
    await setting('allowed_source_hosts', '[]');
  });
});

describe('a file in storage', () => {
  const put = (name: string) =>
    db.superuser`insert into storage.objects (bucket_id, name) values ('videos', ${name})`;

  test('is taken from one’s own folder', async () => {
    await put(`${owner.id}/shows/one.mp4`);
    const source = `videos/${owner.id}/shows/one.mp4`;
    expect(await requestStream(db, owner.id, { source })).toMatchObject({
      video_source: source,
      video_url: null,
    });
  });

  test('must exist', async () => {
    await expectFailure(requestStream(db, owner.id, { source: `videos/${owner.id}/none.mp4` }), {
      status: 404,
      details: 'video_not_found',
    });
  });

  test('is not taken from another’s folder, not even through one’s own', async () => {
    await put(`${other.id}/theirs.mp4`);
    for (const source of [
      `videos/${other.id}/theirs.mp4`,
      `videos/${owner.id}/../${other.id}/theirs.mp4`,
      `videos/${owner.id}/./a.mp4`,
      `videos/${owner.id}//a.mp4`,
      `videos/${owner.id}/`,
      `videos/${owner.id}/a/..`,
    ]) {
      await expectFailure(requestStream(db, owner.id, { source }), {
        status: 400,
        details: 'video_source_invalid',
      });
    }
  });

  test('is uploaded and read in one’s own folder only', async () => {
    const upload = (who: TestUser, folder: TestUser) =>
      db.asUser(
        who.id,
        (sql) =>
          sql`insert into storage.objects (bucket_id, name) values ('videos', ${`${folder.id}/up.mp4`})`,
      );
    await upload(owner, owner);
    await expectFailure(upload(owner, other), { code: '42501' });
    const read = (who: TestUser) =>
      db.asUser(
        who.id,
        (sql) => sql`select from storage.objects where name = ${`${owner.id}/up.mp4`}`,
      );
    expect([(await read(owner)).length, (await read(other)).length]).toEqual([1, 0]);
  });
});

describe('an approval', () => {
  test('is an admin’s alone', async () => {
    const { id } = await requestStream(db, owner.id);
    const asOwner = { status: 403, details: 'admin_required' };
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`select public.approve_stream_request(${id})`),
      asOwner,
    );
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`select public.reject_stream_request(${id})`),
      asOwner,
    );
  });

  test('comes once: the second changes nothing', async () => {
    const { id } = await requestStream(db, owner.id);
    const [first] = await approve(id, 'fine');
    expect(first).toMatchObject({ status: 'approved', admin_notes: 'fine' });
    const [second] = await approve(id, 'again');
    expect(second).toEqual(first);
  });

  test('is not needed where the setting says so', async () => {
    await setting('approval_required', 'false');
    const request = await requestStream(db, owner.id);
    expect(request).toMatchObject({ status: 'approved', approved_by: null });
    expect(request.approved_at).toBeInstanceOf(Date);
    await setting('approval_required', 'true');
  });

  test('does not follow a rejection or a cancellation', async () => {
    const rejected = await requestStream(db, owner.id);
    expect((await reject(rejected.id, 'no'))[0]).toMatchObject({ status: 'rejected' });
    expect((await reject(rejected.id))[0]).toMatchObject({ status: 'rejected', admin_notes: 'no' });
    const cancelled = await requestStream(db, owner.id);
    expect((await cancel(owner.id, cancelled.id))[0]).toMatchObject({ status: 'stopped' });
    for (const { id } of [rejected, cancelled]) {
      await expectFailure(approve(id), { status: 409, details: 'request_not_pending' });
      await expectFailure(startRequest(db, owner.id, id), {
        status: 409,
        details: 'request_not_approved',
      });
    }
  });

  test('of what is not there is refused', async () => {
    await expectFailure(approve(crypto.randomUUID()), {
      status: 404,
      details: 'request_not_found',
    });
  });
});

test('a request is cancelled by its owner, by no stranger', async () => {
  const { id } = await requestStream(db, owner.id);
  await expectFailure(cancel(other.id, id), { status: 404, details: 'request_not_found' });
  expect((await cancel(owner.id, id))[0]?.status).toBe('stopped');
  expect((await cancel(owner.id, id))[0]?.status).toBe('stopped');
});

test('a rejected request stays as it is when it is cancelled', async () => {
  const { id } = await requestStream(db, owner.id);
  const [rejected] = await reject(id, 'no');
  expect(await cancel(owner.id, id)).toEqual([rejected]);
});

describe('the history of a request', () => {
  const changes = (id: string) => db.sql`
    select event_type, event_data from private.events
    where aggregate_type = 'StreamRequest' and aggregate_id = ${id} order by version`;
  const stored = async (id: string) => {
    const rows = await db.sql`
      select event_data::text as data from private.event_log where aggregate_id = ${id} order by version`;
    return rows.map(({ data }) => data).join('\n');
  };

  test('has each step, and what people wrote encrypted', async () => {
    const { id } = await requestStream(db, owner.id, { title: 'A private joke' });
    await approve(id, 'laughed aloud');
    expect(await changes(id)).toMatchObject([
      {
        event_type: 'StreamRequested',
        event_data: { new: { status: 'pending', title: 'A private joke' } },
      },
      {
        event_type: 'StreamRequestApproved',
        event_data: {
          old: { status: 'pending' },
          new: { status: 'approved', admin_notes: 'laughed aloud' },
        },
      },
    ]);
    expect(await stored(id)).not.toMatch(/private joke|laughed|example\.com/);
  });

  test('keeps nothing of that when the account is deleted', async () => {
    const { id } = await requestStream(db, owner.id, { title: 'A private joke' });
    const { id: kept } = await requestStream(db, other.id, { title: 'Not a joke' });
    await db.superuser`delete from auth.users where id = ${owner.id}`;
    const events = await changes(id);
    expect(events.at(0)?.event_data.new).toMatchObject({
      title: 'erased',
      video_source: 'erased',
      video_url: 'erased',
      rtmp_url: 'erased',
    });
    expect(events.at(-1)?.event_type).toBe('StreamRequestDeleted');
    expect(JSON.stringify(events)).not.toMatch(/private joke|example\.com/);
    expect((await changes(kept))[0]?.event_data.new.title).toBe('Not a joke');
  });
});

describe('the owner', () => {
  const notices = () => db.superuser`
    select event, payload from realtime.messages
    where topic = ${`user:${owner.id}`} and event like 'StreamRequest%' order by payload -> 'version'`;

  test('is told what becomes of a request', async () => {
    const { id } = await requestStream(db, owner.id);
    await approve(id, 'have fun');
    const { payload } = (await notices())[0] ?? {};
    const { id: _, ...told } = payload;
    expect(told).toEqual({
      request_id: id,
      status: 'approved',
      admin_notes: 'have fun',
      type: 'StreamRequestApproved',
      version: 2,
      position: expect.any(Number),
      at: expect.any(String),
    });
  });

  test('is told when its status changes, and only then', async () => {
    const { id } = await requestStream(db, owner.id);
    await approve(id);
    const session = await startRequest(db, owner.id, id);
    await db.asUser(owner.id, (sql) => sql`select public.stop_restream(${session.id})`);
    await cancel(owner.id, id);
    const types = await db.sql`
      select event_type from private.event_log
      where aggregate_type = 'StreamRequest' and aggregate_id = ${id} order by version`;
    expect(types.map(({ event_type }) => event_type)).toEqual([
      'StreamRequested',
      'StreamRequestApproved',
      'StreamRequestUpdated',
      'StreamRequestStarted',
      'StreamRequestStopped',
      'StreamRequestUpdated',
    ]);
    expect((await notices()).map(({ event }) => event)).toEqual([
      'StreamRequestApproved',
      'StreamRequestStarted',
      'StreamRequestStopped',
    ]);
  });
});

test('a deleted user’s videos are to be deleted, nobody else’s', async () => {
  for (const user of [owner, other]) {
    await db.superuser`
      insert into storage.objects (bucket_id, name) values ('videos', ${`${user.id}/shows/one.mp4`})`;
  }
  await db.asUser(owner.id, (sql) => sql`select public.delete_account()`);
  const deletions = await db.sql`
    select bucket_id, name from private.file_deletions
    where name like ${`${owner.id}%`} or name like ${`${other.id}%`}`;
  expect([...deletions]).toEqual([{ bucket_id: 'videos', name: `${owner.id}/shows/one.mp4` }]);
});
