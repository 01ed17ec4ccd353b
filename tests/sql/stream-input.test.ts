import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { createStream } from '../support/streams.ts';

let db: TestDatabase;
let owner: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
});
afterAll(() => db.drop());

const create = (input: Record<string, unknown>) => {
  const given: Record<string, unknown> = { title: 'A title', ...input };
  return db.asUser(
    owner.id,
    (sql) => sql`
      select to_jsonb(public.create_stream(${given.title as string}, ${(given.description as string) ?? null},
        ${(given.visibility as string) ?? 'public'}, ${(given.category as string) ?? null},
        ${sql.json((given.settings ?? {}) as never)})) as made`,
  );
};

const refused: [string, Record<string, unknown>, string, RegExp][] = [
  ['an empty title', { title: '' }, 'title_invalid', /title must be 1 to 140 characters, got 0/],
  ['a blank title', { title: '   ' }, 'title_invalid', /1 to 140/],
  ['no title', { title: null }, 'title_invalid', /title is required/],
  ['a long title', { title: 'x'.repeat(141) }, 'title_invalid', /got 141/],
  [
    'control characters in the title',
    { title: 'a\u0000b'.replace('\u0000', '\u0007') },
    'title_invalid',
    /control/,
  ],
  ['a line break in the title', { title: 'a\nb' }, 'title_invalid', /control/],
  [
    'a long description',
    { description: 'x'.repeat(5001) },
    'description_invalid',
    /0 to 5000 characters, got 5001/,
  ],
  ['an escape in the description', { description: 'a\u001b[2J' }, 'description_invalid', /control/],
  ['an unknown category', { category: 'cats' }, 'category_invalid', /category must be one of art,/],
  [
    'an unknown visibility',
    { visibility: 'secret' },
    'visibility_invalid',
    /public, unlisted, private/,
  ],
  ['settings that are a list', { settings: [] }, 'settings_invalid', /object, got array/],
  [
    'settings of 17 kB',
    { settings: { x: 'y'.repeat(17_000) } },
    'settings_invalid',
    /at most 16384 bytes/,
  ],
  [
    'a known key of another type',
    { settings: { record: 'yes' } },
    'settings_invalid',
    /settings.record must be a boolean, got string/,
  ],
];

describe('create_stream', () => {
  test('takes everything at its bounds', async () => {
    const description = `${'é'.repeat(4990)}\n\ttabs`;
    const settings = { record: true, language: 'en', theme: { dark: true } };
    const [row] = await create({
      title: '☃'.repeat(140),
      description,
      category: 'music',
      visibility: 'unlisted',
      settings,
    });
    expect(row?.made.stream).toMatchObject({
      description,
      category: 'music',
      visibility: 'unlisted',
      settings,
    });
    expect(row?.made.stream_key).toBe(
      `${row?.made.stream.id}?key=${row?.made.stream_key.split('=')[1]}`,
    );
    expect(row?.made.stream_key.split('=')[1]).toMatch(/^[0-9a-f]{48}$/);
    expect(row?.made.rtmp_url).toMatch(/^rtmp:/);
  });

  test.each(refused)('refuses %s', async (_, input, details, message) => {
    await expectFailure(create(input), { status: 400, details, message });
  });

  test('is for signed-in users', async () => {
    for (const act of [db.asAnon, db.asService]) {
      await expectFailure(
        act((sql) => sql`select public.create_stream('a')`),
        { status: 401, details: 'sign_in_required' },
      );
    }
  });

  test('stops at the limit, also when 12 tabs race for the last place', async () => {
    await db.asAdmin((sql) => sql`select public.set_setting('max_streams_per_user', '3')`);
    const { id } = await db.createUser();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, () => createStream(db, id)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await expectFailure(createStream(db, id), {
      status: 409,
      details: 'max_streams_reached',
      message: /3 streams; the limit is 3/,
    });
  });
});

describe('an update through the table', () => {
  const update = (column: string, value: unknown) =>
    db.asUser(
      owner.id,
      (sql) => sql`update public.streams set ${sql(column)} = ${value as string} returning *`,
    );

  test.each([
    ['title', 'New title'],
    ['description', 'New'],
    ['category', 'news'],
    ['visibility', 'private'],
  ])('the owner changes %s', async (column, value) => {
    const [row] = await update(column, value);
    expect(row?.[column]).toBe(value);
  });

  test.each([
    ['title', '', 'title_invalid'],
    ['category', 'cats', 'category_invalid'],
    ['settings', '[]', 'settings_invalid'],
  ])('is bounded too: %s', async (column, value, details) => {
    await expectFailure(update(column, value), { status: 400, details });
  });

  test.each([
    'status',
    'user_id',
    'viewer_count',
    'peak_viewers',
    'started_at',
    'expires_at',
    'disabled_by',
  ])('the owner cannot write %s', async (column) => {
    await expectFailure(update(column, null), { code: '42501' });
  });

  test("a stranger's reaches nothing", async () => {
    const { id } = await db.createUser();
    const { id: streamId } = await createStream(db, owner.id);
    expect(
      await db.asUser(
        id,
        (sql) => sql`update public.streams set title = 'x' where id = ${streamId} returning id`,
      ),
    ).toHaveLength(0);
  });
});
