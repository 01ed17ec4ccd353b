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
let stream: TestStream;
beforeAll(async () => {
  db = await createDatabase();
  [owner, stranger] = [await db.createUser(), await db.createUser()];
  stream = await createStream(db, owner.id);
});
afterAll(() => db.drop());

const rotate = async (
  graceSeconds: number | null = 0,
): Promise<{ stream_key: string; previous_valid_until: Date }> => {
  const [row] = await db.asUser(
    owner.id,
    (sql) => sql<{ stream_key: string; previous_valid_until: Date }[]>`
      select * from public.rotate_stream_key(${stream.id}, ${graceSeconds})`,
  );
  if (!row) throw new Error('rotate_stream_key returned no row');
  return row;
};
const validate = async (streamKey: string) => {
  const [row] = await db.asService(
    (sql) => sql`select public.validate_stream_key(${streamKey}) as id`,
  );
  return row?.id;
};

describe('stream keys', () => {
  test('the pasted form opens its stream and no other form does', async () => {
    expect(await validate(stream.streamKey)).toBe(stream.id);
    const other = await createStream(db, stranger.id);
    for (const wrong of [
      '',
      'junk',
      stream.id,
      stream.key,
      `?key=${stream.key}`,
      `${other.id}?key=${stream.key}`,
      `${stream.streamKey}0`,
    ]) {
      expect(await validate(wrong), wrong).toBeNull();
    }
  });

  test('only the server validates', async () => {
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`select public.validate_stream_key(${stream.streamKey})`),
      { code: '42501' },
    );
  });

  test('nothing of the secret but its prefix is stored', async () => {
    const { key } = await createStream(db, owner.id);
    const dump = await db.sql`
      select query_to_xml(format('select * from %I.%I', table_schema, table_name), true, false, '')::text as rows
      from information_schema.tables where table_schema in ('public', 'private') and table_type = 'BASE TABLE'`;
    const text = dump.map(({ rows }) => rows).join();
    expect(text).toContain(key.slice(0, 8));
    expect(text).not.toContain(key.slice(0, 9));
  });

  test('rotating ends the old key at once, or after the grace', async () => {
    const first = (await rotate()).stream_key;
    const second = await rotate(600);
    expect([await validate(first), await validate(second.stream_key)]).toEqual([
      stream.id,
      stream.id,
    ]);
    expect(second.previous_valid_until.getTime()).toBeGreaterThan(Date.now() + 500_000);
    const third = (await rotate()).stream_key;
    expect([
      await validate(first),
      await validate(second.stream_key),
      await validate(third),
    ]).toEqual([null, null, stream.id]);
  });

  test('an expired key opens nothing', async () => {
    const { stream_key: streamKey } = await rotate();
    await db.sql`update private.stream_keys set expires_at = now() where stream_id = ${stream.id}`;
    expect(await validate(streamKey)).toBeNull();
  });

  test.each([-1, 604_801, null])('a grace of %s seconds is refused', async (seconds) => {
    await expectFailure(rotate(seconds), { status: 400, details: 'grace_seconds_invalid' });
  });

  test('the owner lists them by prefix, with their use', async () => {
    const { stream_key: streamKey } = await rotate();
    const key = streamKey.split('?key=')[1] ?? '';
    await publish(db, { ...stream, key });
    const [newest] = await db.asUser(
      owner.id,
      (sql) => sql`select * from public.get_stream_keys(${stream.id})`,
    );
    expect(newest).toMatchObject({ prefix: key.slice(0, 8), revoked_at: null });
    expect(newest?.last_used_at).toBeInstanceOf(Date);
  });

  test.each(['get_stream_keys', 'rotate_stream_key'])(
    'a stranger gets nothing from %s',
    async (name) => {
      await expectFailure(
        db.asUser(stranger.id, (sql) => sql`select * from ${sql(`public.${name}`)}(${stream.id})`),
        { status: 404, details: 'stream_not_found' },
      );
    },
  );
});
