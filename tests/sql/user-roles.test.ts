import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actAs } from '../support/actors.ts';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const setRole = (adminId: string, userId: string, role: string) =>
  db.asUser(adminId, (sql) => sql`select role from public.set_user_role(${userId}, ${role})`);

describe('roles', () => {
  test('only an admin gives them', async () => {
    const admin = await db.createUser({ role: 'admin' });
    const user = await db.createUser();
    expect(await setRole(admin.id, user.id, 'moderator')).toEqual([{ role: 'moderator' }]);
    for (const role of ['user', 'moderator'] as const) {
      const { id } = await db.createUser({ role });
      await expectFailure(setRole(id, id, 'admin'), { status: 403, details: 'admin_required' });
    }
    await expectFailure(
      db.asAnon((sql) => sql`select public.set_user_role(${user.id}, 'admin')`),
      { status: 401, details: 'sign_in_required' },
    );
  });

  test('an unknown role or user is refused', async () => {
    const admin = await db.createUser({ role: 'admin' });
    await expectFailure(setRole(admin.id, admin.id, 'king'), {
      status: 400,
      details: 'role_invalid',
    });
    await expectFailure(setRole(admin.id, '00000000-0000-4000-8000-000000000000', 'user'), {
      status: 404,
      details: 'user_not_found',
    });
  });

  test('the last admin keeps the role, also when all admins step down at once', async () => {
    await db.sql`update public.users set role = 'user'`;
    const admins = await Promise.all([1, 2, 3].map(() => db.createUser({ role: 'admin' })));
    const connections = await db.connect(admins.length);
    const outcomes = await Promise.allSettled(
      admins.map(({ id }, i) =>
        actAs(
          connections[i] as never,
          { role: 'authenticated', userId: id },
          (sql) => sql`select public.set_user_role(${id}, 'user')`,
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'PT409', detail: 'last_admin' });
    expect(await db.sql`select from public.users where role = 'admin'`).toHaveLength(1);
  });

  test('the owner of the database makes the first admin by e-mail', async () => {
    const { id, email } = await db.createUser();
    const [row] = await db.sql`select private.grant_admin(${email.toUpperCase()}) as id`;
    expect(row?.id).toBe(id);
    await expectFailure(db.sql`select private.grant_admin('nobody@example.com')`, {
      status: 404,
      details: 'user_not_found',
    });
    await expectFailure(
      db.asService((sql) => sql`select private.grant_admin(${email})`),
      { code: '42501' },
    );
  });
});
