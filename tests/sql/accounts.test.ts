import type { Sql, TransactionSql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';

let db: TestDatabase;
let owner: TestUser;
let stranger: TestUser;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser({ username: 'owner' });
  stranger = await db.createUser({ username: 'stranger' });
});
afterAll(() => db.drop());

describe('public.users', () => {
  test('a user sees the own row alone', async () => {
    const rows = await db.asUser(stranger.id, (sql) => sql`select id from public.users`);
    expect(rows).toEqual([{ id: stranger.id }]);
  });

  test('an admin sees all', async () => {
    const rows = await db.asAdmin((sql) => sql`select id from public.users`);
    expect(rows.length).toBeGreaterThanOrEqual(3);
  });

  test('nobody sees any without signing in', async () => {
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.users`),
      { code: '42501' },
    );
  });

  test('the owner changes the names', async () => {
    const [row] = await db.asUser(
      owner.id,
      (sql) =>
        sql`update public.users set first_name = 'Ada', last_name = 'L.' where id = ${owner.id} returning *`,
    );
    expect(row).toMatchObject({ first_name: 'Ada', last_name: 'L.' });
  });

  test("a stranger's change reaches nothing", async () => {
    const rows = await db.asUser(
      stranger.id,
      (sql) => sql`update public.users set first_name = 'Eve' where id = ${owner.id} returning id`,
    );
    expect(rows).toHaveLength(0);
  });

  test.each([
    'role',
    'email',
    'package_type',
    'package_expires_at',
    'streams_allowed',
    'streams_active',
    'verified_at',
  ])('the owner cannot write %s', async (column) => {
    await expectFailure(
      db.asUser(
        owner.id,
        (sql) => sql`update public.users set ${sql(column)} = null where id = ${owner.id}`,
      ),
      { code: '42501' },
    );
  });

  test('nobody inserts or deletes', async () => {
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`delete from public.users`),
      { code: '42501' },
    );
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`insert into public.users (id) values (gen_random_uuid())`),
      { code: '42501' },
    );
  });

  test('a name out of bounds is refused by its field', async () => {
    await expectFailure(
      db.asUser(
        owner.id,
        (sql) => sql`update public.users set first_name = ${'x'.repeat(81)} where id = ${owner.id}`,
      ),
      { status: 400, details: 'first_name_invalid', message: /0 to 80 characters, got 81/ },
    );
  });
});

describe('public.profiles', () => {
  test('all read them, signed in or not', async () => {
    const read = (sql: typeof db.sql) =>
      sql`select username from public.profiles where id = ${owner.id}`;
    expect(await db.asAnon((sql) => read(sql as never))).toEqual([{ username: 'owner' }]);
    expect(await db.asUser(stranger.id, (sql) => read(sql as never))).toEqual([
      { username: 'owner' },
    ]);
  });

  test('the owner changes it, and the username is stored in lower case', async () => {
    const [row] = await db.asUser(
      owner.id,
      (sql) =>
        sql`update public.profiles set username = 'New_Owner', bio = ${'line\nline'} where id = ${owner.id} returning *`,
    );
    expect(row).toMatchObject({ username: 'new_owner', bio: 'line\nline' });
  });

  test("a stranger's change reaches nothing", async () => {
    expect(
      await db.asUser(
        stranger.id,
        (sql) => sql`update public.profiles set bio = 'x' where id = ${owner.id} returning id`,
      ),
    ).toHaveLength(0);
  });

  const rename = (sql: TransactionSql, id: string, name: string) =>
    sql`update public.profiles set username = ${name} where id = ${id}`;

  test('a username is unique without regard to case', async () => {
    await expectFailure(
      db.asUser(owner.id, (sql) => rename(sql, owner.id, 'STRANGER')),
      { status: 409, details: 'username_taken', message: /stranger is taken/ },
    );
    await db.asUser(owner.id, (sql) => rename(sql, owner.id, 'OWNER'));
  });

  test.each(['admin', 'SUPPORT', 'sup_port', 'Streambed_'])(
    'nobody chooses the reserved username %s',
    async (name) => {
      await expectFailure(
        db.asUser(owner.id, (sql) => rename(sql, owner.id, name)),
        { status: 409, details: 'username_reserved', message: /is reserved/ },
      );
    },
  );

  test('a name that only begins like a reserved one is free', async () => {
    const user = await db.createUser();
    await db.asUser(user.id, (sql) => rename(sql, user.id, 'admiral_support'));
  });

  test('of many who choose one username at once, one gets it and the others are told', async () => {
    const users = await Promise.all(Array.from({ length: 8 }, () => db.createUser()));
    const connections = await db.connect(users.length);
    const chosen = await Promise.allSettled(
      users.map(({ id }, n) =>
        actAs(connections[n] as Sql, { role: 'authenticated', userId: id }, (sql) =>
          rename(sql, id, 'everybodys'),
        ),
      ),
    );
    const refused = chosen.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(users.length - 1);
    for (const { reason } of refused) expect(reason.detail).toBe('username_taken');
  });

  test('of many who sign up under one username at once, each gets one of their own', async () => {
    const users = await Promise.all(
      Array.from({ length: 8 }, () => db.createUser({ username: 'wanted' })),
    );
    const rows =
      await db.sql`select username from public.profiles where id in ${db.sql(users.map(({ id }) => id))}`;
    expect(rows).toHaveLength(users.length);
    expect(rows.filter(({ username }) => username === 'wanted')).toHaveLength(1);
  });

  test.each([
    ['username', 'ab', 'username_invalid'],
    ['username', 'a'.repeat(31), 'username_invalid'],
    ['username', 'no spaces', 'username_invalid'],
    ['username', null, 'username_invalid'],
    ['display_name', 'a\nb', 'display_name_invalid'],
    ['display_name', 'x'.repeat(81), 'display_name_invalid'],
    ['bio', '\u0007', 'bio_invalid'],
    ['avatar_url', 'javascript:alert(1)', 'avatar_url_invalid'],
  ])('refuses %s %j', async (column, value, details) => {
    await expectFailure(
      db.asUser(
        owner.id,
        (sql) => sql`update public.profiles set ${sql(column)} = ${value} where id = ${owner.id}`,
      ),
      { status: 400, details },
    );
  });
});
