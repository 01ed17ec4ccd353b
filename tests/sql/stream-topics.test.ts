/** What streams tell over Realtime, and who may hear it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase, type TestUser } from '../support/database.ts';
import { sentOn } from '../support/sent-messages.ts';
import { createStream, publish, type TestStream } from '../support/streams.ts';
import { mayJoin } from '../support/topics.ts';

let db: TestDatabase;
let owner: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
  await db.sql`update private.settings set value = '100' where key = 'default_streams_allowed'`;
});
afterAll(() => db.drop());

const disable = (stream: TestStream) =>
  db.asUser(owner.id, (sql) => sql`select public.disable_stream(${stream.id})`);
const show = ({ id }: TestStream, visibility: 'public' | 'unlisted' | 'private') =>
  db.asUser(
    owner.id,
    (sql) => sql`update public.streams set visibility = ${visibility} where id = ${id}`,
  );
const topicOf = async ({ id }: TestStream): Promise<string> =>
  (await db.sql`select topic from public.streams where id = ${id}`)[0]?.topic;

describe('what is told', () => {
  test('a stream that starts and ends tells its status, with the version of each event', async () => {
    const stream = await createStream(db, owner.id);
    await publish(db, stream);
    await disable(stream);
    const told = await sentOn(db, `stream:${stream.id}`);
    expect(told).toMatchObject([
      {
        event: 'status',
        private: true,
        payload: { type: 'StreamStarted', status: 'live', is_live: true, ended_at: null },
      },
      { event: 'status', payload: { type: 'StreamDisabled', status: 'disabled', is_live: false } },
      {
        event: 'status',
        payload: {
          type: 'StreamEnded',
          status: 'disabled',
          is_live: false,
          ended_at: expect.any(String),
        },
      },
    ]);
    const events = await db.sql`
      select event_type as type, version::int, position::int from private.event_log where aggregate_id = ${stream.id} order by position`;
    for (const { payload } of told) {
      const { type, version, position } = payload;
      expect(events).toContainEqual({ type, version, position });
    }
  });

  test('the owner is told of their sessions and of a refused publish', async () => {
    const user = await db.createUser();
    const stream = await createStream(db, user.id);
    const { session_id: sessionId } = await publish(db, stream);
    await publish(db, stream);
    await db.asUser(user.id, (sql) => sql`select public.disable_stream(${stream.id})`);
    expect(await sentOn(db, `user:${user.id}`)).toMatchObject([
      { event: 'SessionStarted', payload: { session_id: sessionId, stream_id: stream.id } },
      {
        event: 'AdmissionRefused',
        payload: { rule: 'stream_already_live', version: expect.any(Number) },
      },
      { event: 'SessionEnded', payload: { session_id: sessionId, ended_reason: 'disabled' } },
    ]);
  });

  test('a limit that was reached is told with its numbers, and never an address or a key', async () => {
    const user = await db.createUser();
    await db.sql`update private.settings set value = '0' where key = 'default_streams_allowed'`;
    const stream = await createStream(db, user.id);
    await publish(db, stream);
    await db.sql`update private.settings set value = '100' where key = 'default_streams_allowed'`;
    const [told] = await sentOn(db, `user:${user.id}`);
    expect(told?.payload).toMatchObject({ rule: 'stream_limit_reached', limit_count: 0 });
    expect(JSON.stringify(told)).not.toMatch(/192\.0\.2\.7|key_prefix/);
  });

  test('what is rolled back tells nothing', async () => {
    const stream = await createStream(db, owner.id);
    const rollback = new Error('rollback');
    await db
      .asService(async (sql) => {
        await sql`select public.begin_ingest(${stream.id}, ${stream.key}, 'm', 'rolled-back', null)`;
        throw rollback;
      })
      .catch((error) => expect(error).toBe(rollback));
    expect(await sentOn(db, `stream:${stream.id}`)).toEqual([]);
  });

  test('a stream that is deleted tells it once more', async () => {
    const stream = await createStream(db, owner.id);
    await publish(db, stream);
    await db.asUser(owner.id, (sql) => sql`select public.delete_stream(${stream.id})`);
    expect((await sentOn(db, `stream:${stream.id}`)).at(-1)).toMatchObject({
      event: 'status',
      payload: {
        ...{ type: 'StreamDeleted', status: 'deleted', is_live: false },
        ...{ started_at: null, ended_at: null },
      },
    });
  });

  test('without Realtime streams start all the same', async () => {
    await db.superuser`alter function realtime.send(jsonb, text, text, boolean) rename to send_away`;
    try {
      const stream = await createStream(db, owner.id);
      expect(await publish(db, stream)).toMatchObject({ admitted: true });
    } finally {
      await db.superuser`alter function realtime.send_away(jsonb, text, text, boolean) rename to send`;
    }
  });
});

describe('the epoch of a topic', () => {
  test.each(['public', 'unlisted'] as const)(
    'a %s stream that becomes private goes on elsewhere, and says so where it was',
    async (visibility) => {
      const stream = await createStream(db, owner.id, { visibility });
      const before = `stream:${stream.id}`;
      expect(await topicOf(stream)).toBe(before);
      await show(stream, 'private');
      const after = `${before}:1`;
      expect(await topicOf(stream)).toBe(after);
      await publish(db, stream);
      expect(await sentOn(db, before)).toMatchObject([
        { event: 'topic', private: true, payload: { topic: after, type: 'StreamUpdated' } },
      ]);
      expect(await sentOn(db, after)).toMatchObject([
        { event: 'status', payload: { type: 'StreamStarted' } },
      ]);
    },
  );

  test('nothing else changes the topic, and each time of becoming private does', async () => {
    const stream = await createStream(db, owner.id, { visibility: 'private' });
    await publish(db, stream);
    for (const visibility of ['private', 'unlisted', 'public'] as const) {
      await show(stream, visibility);
      expect(await topicOf(stream)).toBe(`stream:${stream.id}`);
    }
    await show(stream, 'private');
    await show(stream, 'public');
    expect(await topicOf(stream)).toBe(`stream:${stream.id}:1`);
    await show(stream, 'private');
    expect(await topicOf(stream)).toBe(`stream:${stream.id}:2`);
  });

  test('no client writes it', async () => {
    const stream = await createStream(db, owner.id);
    for (const column of ['topic_epoch', 'topic']) {
      const write = db.asUser(
        owner.id,
        (sql) => sql`update public.streams set ${sql(column)} = default where id = ${stream.id}`,
      );
      await expect(write).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('who may join a topic', () => {
  /** Who of them may join the topic. */
  const mayRead = (topic: string, extension?: string) => ({
    anon: () => mayJoin(db, db.asAnon, topic, extension),
    user: (id: string) => mayJoin(db, (work) => db.asUser(id, work), topic, extension),
    admin: () => mayJoin(db, db.asAdmin, topic, extension),
  });

  test.each(['public', 'unlisted'] as const)('a %s stream: everybody', async (visibility) => {
    const { id } = await createStream(db, owner.id, { visibility });
    const may = mayRead(`stream:${id}`);
    expect(await may.anon()).toBe(true);
    expect(await may.user((await db.createUser()).id)).toBe(true);
  });

  test('a private stream: its owner and admins, nobody else', async () => {
    const { id } = await createStream(db, owner.id, { visibility: 'private' });
    const may = mayRead(`stream:${id}`);
    expect(await may.user(owner.id)).toBe(true);
    expect(await may.admin()).toBe(true);
    expect(await may.anon()).toBe(false);
    expect(await may.user((await db.createUser()).id)).toBe(false);
  });

  test('of a stream that became private: no topic but the new one, and that for its owner', async () => {
    const stream = await createStream(db, owner.id);
    await show(stream, 'private');
    const stranger = await db.createUser();
    const [before, after, next] = ['', ':1', ':2'].map((epoch) =>
      mayRead(`stream:${stream.id}${epoch}`),
    );
    expect(await after?.user(owner.id)).toBe(true);
    expect(await after?.admin()).toBe(true);
    for (const no of [before?.user(owner.id), next?.user(owner.id), after?.user(stranger.id)]) {
      expect(await no).toBe(false);
    }
    await show(stream, 'public');
    expect(await after?.anon()).toBe(true);
    expect(await before?.anon()).toBe(false);
  });

  test("a user's own topic: that user, not even an admin", async () => {
    const may = mayRead(`user:${owner.id}`);
    expect(await may.user(owner.id)).toBe(true);
    expect(await may.anon()).toBe(false);
    expect(await may.admin()).toBe(false);
    expect(await may.user((await db.createUser()).id)).toBe(false);
  });

  test.each(['stream:x', 'stream:', 'user:', '', `stream:${crypto.randomUUID()}`])(
    'the topic "%s": nobody',
    async (topic) => {
      const may = mayRead(topic);
      expect(await may.anon()).toBe(false);
      expect(await may.user(owner.id)).toBe(false);
    },
  );

  test('presence is not offered, and no client writes', async () => {
    const { id } = await createStream(db, owner.id);
    expect(await mayRead(`stream:${id}`, 'presence').user(owner.id)).toBe(false);
    const write = db.asUser(owner.id, async (sql) => {
      await sql`select set_config('realtime.topic', ${`stream:${id}`}, true)`;
      await sql`insert into realtime.messages (topic, extension, private) values (${`stream:${id}`}, 'broadcast', true)`;
    });
    await expect(write).rejects.toMatchObject({ code: '42501' });
  });
});

test('streams and their sessions can be watched row by row', async () => {
  const rows =
    await db.sql`select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1`;
  expect(rows.map(({ tablename }) => tablename)).toEqual(
    expect.arrayContaining(['stream_sessions', 'streams']),
  );
});
