/** `npm run admin:grant -- EMAIL`: the way to the first admin. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNode } from '../support/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

const grant = (args: string[], env = {}) => runNode(['scripts/admin-grant.ts', ...args], env);

async function roleOf(id: string): Promise<string> {
  const [row] = await db.sql`select role from public.users where id = ${id}`;
  return row?.role;
}

test('makes that user an admin, and no other', async () => {
  const [user, other] = [await db.createUser(), await db.createUser()];
  const { code, stdout } = await grant([user.email, '--url', db.url]);
  expect(code).toBe(0);
  expect(stdout).toContain(`${user.email} is an admin now`);
  expect(await roleOf(user.id)).toBe('admin');
  expect(await roleOf(other.id)).toBe('user');
});

test('finds the database by DATABASE_URL, and never prints its password', async () => {
  const user = await db.createUser();
  const { code, stdout, stderr } = await grant([user.email], { DATABASE_URL: db.url });
  expect(code).toBe(0);
  expect(await roleOf(user.id)).toBe('admin');
  expect(stdout + stderr).not.toContain('postgres:postgres@');
});

test('an address that nobody has is refused with what to do', async () => {
  const { code, stderr } = await grant(['nobody@example.com', '--url', db.url]);
  expect(code).toBe(1);
  expect(stderr).toContain('nobody@example.com');
  expect(stderr).toContain('an account begins with a sign-up');
});

test('without an address it explains itself', async () => {
  const { code, stderr } = await grant(['--url', db.url]);
  expect(code).toBe(1);
  expect(stderr).toContain('npm run admin:grant -- EMAIL');
});

test('a database that is not there is named together with the command to start it', async () => {
  const nobody = 'postgres://postgres:postgres@127.0.0.1:1/postgres';
  const { code, stderr } = await grant(['a@example.com', '--url', nobody]);
  expect(code).toBe(1);
  expect(stderr).toContain('npm start');
  expect(stderr).not.toContain('postgres:postgres@');
});
