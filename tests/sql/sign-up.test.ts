import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const usernameOf = async (id: string) => {
  const [profile] = await db.sql`select username from public.profiles where id = ${id}`;
  return profile?.username;
};

describe('a sign-up', () => {
  test('makes the account and its profile', async () => {
    const { id, email } = await db.createUser({
      metadata: { username: 'Nora', display_name: 'Nora N.' },
    });
    const [user] = await db.sql`select * from public.users where id = ${id}`;
    expect(user).toMatchObject({
      email,
      role: 'user',
      streams_allowed: 1,
      streams_active: 0,
      package_type: null,
    });
    expect(user?.verified_at).toBeInstanceOf(Date);
    const [profile] = await db.sql`select * from public.profiles where id = ${id}`;
    expect(profile).toMatchObject({ username: 'nora', display_name: 'Nora N.' });
  });

  test.each([
    ['nothing of the e-mail address', { email: 'jo.smith+tv@example.com' }, /^user_[0-9a-f]{10}$/],
    ['what is left of unusable characters', { username: 'Zoë ☃ Änn' }, /^zo_nn$/],
    ['a short name', { username: 'x' }, /^user_x$/],
    ['nothing usable', { username: '☃☃☃' }, /^user_[0-9a-f]{10}$/],
    ['nothing reserved', { username: 'Admin' }, /^user_[0-9a-f]{10}$/],
    ['nothing reserved, in disguise', { username: '__sup_port' }, /^user_[0-9a-f]{10}$/],
    ['a very long name', { username: 'y'.repeat(5000) }, /^y{30}$/],
    ['metadata of the wrong type', { metadata: { username: { a: 1 } } }, /^a_1$/],
  ])('makes a username from %s', async (_, options, expected) => {
    expect(await usernameOf((await db.createUser(options)).id)).toMatch(expected);
  });

  test('makes a taken username unique', async () => {
    await db.createUser({ username: 'popular' });
    const second = await usernameOf((await db.createUser({ username: 'POPULAR' })).id);
    expect(second).toMatch(/^popular_[0-9a-f]{5}$/);
  });

  test('of 20 at once with one name, each gets a username of its own', async () => {
    const connections = await db.connect(20, 'supabase_auth_admin');
    const ids = connections.map(() => randomUUID());
    await Promise.all(
      connections.map(
        (sql, i) => sql`
          insert into auth.users (id, email, raw_user_meta_data)
          values (${ids[i] ?? ''}, ${`race-${i}@example.com`}, '{"username": "racer"}')`,
      ),
    );
    const names = await db.sql`select username from public.profiles where id in ${db.sql(ids)}`;
    expect(new Set(names.map(({ username }) => username)).size).toBe(20);
  });

  test('is never failed by its rows, and they are made at the next sign-in', async () => {
    await db.sql`alter table public.profiles add constraint probe check (username <> 'unlucky')`;
    const { id } = await db.createUser({ username: 'unlucky' });
    expect(await usernameOf(id)).toBeUndefined();
    await db.sql`alter table public.profiles drop constraint probe`;
    await db.superuser`update auth.users set last_sign_in_at = now() where id = ${id}`;
    expect(await usernameOf(id)).toBe('unlucky');
    expect(await db.sql`select from public.users where id = ${id}`).toHaveLength(1);
  });
});

describe('a change of the account', () => {
  test('is carried over', async () => {
    const { id } = await db.createUser();
    await db.superuser`
      update auth.users set email = 'new@example.com', last_sign_in_at = '2026-01-02T03:04:05Z',
        email_confirmed_at = '2026-01-01T00:00:00Z' where id = ${id}`;
    const [user] = await db.sql`select * from public.users where id = ${id}`;
    expect(user).toMatchObject({
      email: 'new@example.com',
      last_login_at: new Date('2026-01-02T03:04:05Z'),
      verified_at: new Date('2026-01-01T00:00:00Z'),
    });
  });

  test('deleting it deletes everything of it', async () => {
    const { id } = await db.createUser();
    await db.superuser`delete from auth.users where id = ${id}`;
    expect(await db.sql`select from public.users where id = ${id}`).toHaveLength(0);
    expect(await usernameOf(id)).toBeUndefined();
  });
});
