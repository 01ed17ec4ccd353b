/** How an account goes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';
import { eventsOf } from '../support/events.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const deleteAccount = (userId: string) =>
  db.asUser(userId, (sql) => sql`select public.delete_account()`);

const rowsOf = (userId: string) => db.sql`
  select from auth.users where id = ${userId}
  union all select from public.users where id = ${userId}
  union all select from public.profiles where id = ${userId}`;

test('a user deletes the own account and no other', async () => {
  const [leaving, staying] = [await db.createUser(), await db.createUser()];
  await deleteAccount(leaving.id);
  expect(await rowsOf(leaving.id)).toHaveLength(0);
  expect(await rowsOf(staying.id)).toHaveLength(3);
});

test('nobody does without signing in', async () => {
  await expectFailure(
    db.asAnon((sql) => sql`select public.delete_account()`),
    {
      status: 401,
      details: 'sign_in_required',
    },
  );
});

test('the last admin stays, another may go', async () => {
  const [first, second] = [
    await db.createUser({ role: 'admin' }),
    await db.createUser({ role: 'admin' }),
  ];
  await deleteAccount(first.id);
  await expectFailure(deleteAccount(second.id), { status: 409, details: 'last_admin' });
  expect(await rowsOf(second.id)).toHaveLength(3);
});

test('two admins who leave at once leave one behind', async () => {
  const admins = [
    await db.createUser({ role: 'admin' }),
    await db.createUser({ role: 'admin' }),
    await db.createUser({ role: 'admin' }),
  ];
  await db.sql`update public.users set role = 'user' where role = 'admin' and id not in ${db.sql(admins.map(({ id }) => id))}`;
  const left = await Promise.allSettled(admins.map(({ id }) => deleteAccount(id)));
  expect(left.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(await db.sql`select from public.users where role = 'admin'`).toHaveLength(1);
});

test('whoever deletes it: what is personal in its events is erased, what happened stays', async () => {
  const user = await db.createUser({ email: 'gone@example.com', username: 'gone_user' });
  await db.asUser(
    user.id,
    (sql) => sql`update public.users set first_name = 'Gone' where id = ${user.id}`,
  );
  await db.superuser`delete from auth.users where id = ${user.id}`;
  const events = await eventsOf(db, 'User', user.id);
  expect(events.map(({ event_type }) => event_type)).toEqual([
    'UserRegistered',
    'UserUpdated',
    'UserDeleted',
  ]);
  expect(JSON.stringify(events)).not.toMatch(/gone@|Gone/);
  expect(events[0]?.event_data).toMatchObject({ new: { email: 'erased', role: 'user' } });
  const [left] = await db.sql`
    select count(*)::int as n from private.event_log where event_log::text ~ 'gone@example|gone_user|Gone'`;
  expect(left?.n).toBe(0);
  const [proof] = await db.asService(
    (sql) => sql`select * from public.verify_events('User', ${user.id})`,
  );
  expect(proof).toMatchObject({ valid: true });
});
