/** Files that are to be deleted: noted down, handed out, forgotten when they are gone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
  await db.superuser`insert into storage.buckets (id, name) values ('papers', 'papers')`;
});
beforeEach(async () => {
  await db.sql`delete from private.file_deletions`;
  await db.superuser.begin(async (sql) => {
    await sql`set local storage.allow_delete_query = 'true'`;
    await sql`delete from storage.objects`;
  });
});
afterAll(() => db.drop());

const put = (...names: string[]) =>
  db.superuser`
    insert into storage.objects (bucket_id, name) select 'papers', unnest(${names}::text[])`;
/** As the Storage API does it. */
const remove = (name: string) =>
  db.superuser.begin(async (sql) => {
    await sql`set local storage.allow_delete_query = 'true'`;
    await sql`delete from storage.objects where name = ${name}`;
  });
const requestDeletion = (prefix: string, bucket = 'papers') =>
  db.sql`select private.request_file_deletions(${bucket}, ${prefix})`;
const take = async (maxCount = 100) => {
  const rows = await db.asService(
    (sql) => sql`select * from public.take_file_deletions(${maxCount})`,
  );
  return rows.map(({ name }) => name).sort();
};
const acknowledge = async (...names: string[]) => {
  const [row] = await db.asService(
    (sql) => sql`select public.acknowledge_file_deletions('papers', ${names}) as gone`,
  );
  return row?.gone;
};

test('a folder’s files are handed out, and no others', async () => {
  await put('a/1.txt', 'a/deep/2.txt', 'ab/3.txt', 'b/a/4.txt');
  await requestDeletion('a/', 'elsewhere');
  expect(await take()).toEqual([]);
  await requestDeletion('a/');
  expect(await take()).toEqual(['a/1.txt', 'a/deep/2.txt']);
});

test('a name is no pattern', async () => {
  await put('a_/1.txt', 'ab/2.txt', 'a%/3.txt');
  await requestDeletion('a_/');
  expect(await take()).toEqual(['a_/1.txt']);
});

test('a file that is asked for twice is deleted once', async () => {
  await put('a/1.txt');
  await requestDeletion('a/');
  await requestDeletion('a/');
  expect(await take()).toEqual(['a/1.txt']);
});

test('what was tried comes after what was not, so that it holds up nothing', async () => {
  await put('a/1.txt');
  await requestDeletion('a/');
  expect(await take(1)).toEqual(['a/1.txt']);
  await put('b/2.txt');
  await requestDeletion('b/');
  expect(await take(1)).toEqual(['b/2.txt']);
  expect(await take(1)).toEqual(['a/1.txt']);
  expect(await take()).toEqual(['a/1.txt', 'b/2.txt']);
});

test('two that take at once get different files', async () => {
  await put('a/1.txt', 'a/2.txt');
  await requestDeletion('a/');
  const [first, second] = await db.connect(2, 'postgres');
  if (!first || !second) throw new Error('no connections');
  await first.begin(async (sql) => {
    const mine = await sql`select name from public.take_file_deletions(1)`;
    const theirs = await second`select name from public.take_file_deletions(2)`;
    expect([mine.length, theirs.length]).toEqual([1, 1]);
    expect(mine[0]?.name).not.toBe(theirs[0]?.name);
  });
});

describe('an acknowledged file', () => {
  test('is forgotten when it is gone, whoever deleted it', async () => {
    await put('a/1.txt', 'a/2.txt');
    await requestDeletion('a/');
    await remove('a/1.txt');
    expect(await acknowledge('a/1.txt', 'a/2.txt')).toBe(1);
    expect(await take()).toEqual(['a/2.txt']);
  });

  test('that was not asked for counts for nothing', async () => {
    expect(await acknowledge('a/never.txt')).toBe(0);
  });
});

test('is a matter for servers', async () => {
  const user = await db.createUser();
  for (const statement of [
    'select * from public.take_file_deletions()',
    `select public.acknowledge_file_deletions('papers', '{a}')`,
  ]) {
    await expectFailure(
      db.asUser(user.id, (sql) => sql.unsafe(statement)),
      { code: '42501' },
    );
    await expectFailure(
      db.asAnon((sql) => sql.unsafe(statement)),
      { code: '42501' },
    );
  }
});
