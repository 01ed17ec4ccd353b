import { afterAll, beforeAll, expect, test } from 'vitest';
import { actAs } from './actors.ts';
import { createDatabase, expectFailure, type TestDatabase } from './database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db?.drop());

const WHO = 'session_user::text, current_user::text, auth.uid(), auth.role()';

test('a user acts with the role and the claims of a client', async () => {
  const { id } = await db.createUser();
  const [who] = await db.asUser(
    id,
    (sql) => sql`select ${sql.unsafe(WHO)}, auth.jwt() ->> 'session_id' as session`,
    { claims: { session_id: 'abc' } },
  );
  expect(who).toEqual({
    session_user: 'authenticator',
    current_user: 'authenticated',
    uid: id,
    role: 'authenticated',
    session: 'abc',
  });
});

test('anonymous and service act as nobody in particular', async () => {
  const [anon] = await db.asAnon((sql) => sql`select ${sql.unsafe(WHO)}`);
  expect(anon).toMatchObject({ current_user: 'anon', uid: null, role: 'anon' });
  const [service] = await db.asService((sql) => sql`select ${sql.unsafe(WHO)}`);
  expect(service).toMatchObject({ current_user: 'service_role', uid: null, role: 'service_role' });
});

test('role and claims end with the transaction', async () => {
  const [connection] = await db.connect(1);
  if (!connection) throw new Error('no connection');
  await actAs(connection, { role: 'service_role' }, (sql) => sql`select 1`);
  const [after] = await connection`
    select current_user::text, nullif(current_setting('request.jwt.claims', true), '') as claims`;
  expect(after).toEqual({ current_user: 'authenticator', claims: null });
});

test('a throw undoes what was done', async () => {
  const { id } = await db.createUser();
  await expect(
    db.asUser(id, async (sql) => {
      await sql`update public.users set first_name = 'Ann' where id = ${id}`;
      throw new Error('undo');
    }),
  ).rejects.toThrow('undo');
  expect(await db.sql`select first_name from public.users where id = ${id}`).toEqual([
    { first_name: null },
  ]);
});

test('an admin is one and a user is none', async () => {
  const isAdmin = async (role: 'user' | 'admin') => {
    const { id } = await db.createUser({ role });
    const [row] = await db.asUser(id, (sql) => sql`select private.is_admin() as admin`);
    return row?.admin;
  };
  expect(await isAdmin('admin')).toBe(true);
  expect(await isAdmin('user')).toBe(false);
  const [row] = await db.asAdmin((sql) => sql`select private.is_admin() as admin`);
  expect(row?.admin).toBe(true);
});

test('each database is a world of its own', async () => {
  const other = await createDatabase();
  try {
    await other.createUser({ email: 'only-there@example.com' });
    expect(await db.sql`select 1 from auth.users where email = 'only-there@example.com'`).toEqual(
      [],
    );
  } finally {
    await other.drop();
  }
});

test('connections for a race are separate', async () => {
  const connections = await db.connect(5);
  const pids = await Promise.all(connections.map((c) => c`select pg_backend_pid() as pid`));
  expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(5);
});

test('expectFailure does not take another failure, or none, for the one that is meant', async () => {
  const refusal = () => db.sql`select private.fail('max_streams_reached', 'No more.')`.execute();
  await expectFailure(refusal(), { status: 409, details: 'max_streams_reached', message: /more/ });
  await expect(expectFailure(refusal(), { status: 403 })).rejects.toThrow(/PT409/);
  await expect(expectFailure(refusal(), { status: 409, details: 'x' })).rejects.toThrow();
  await expect(expectFailure(db.sql`select 1`, { status: 409 })).rejects.toThrow(/not refused/);
  const mute = db.sql`do $$ begin raise exception using errcode = 'PT409', message = 'No more.'; end $$`;
  await expect(expectFailure(mute, { status: 409 })).rejects.toThrow(/hint of/);
});
