import type { TestDatabase } from '../support/database.ts';
import { describe, expect, expectFailure, test } from '../support/fixtures.ts';

const setAsAdmin = (db: TestDatabase, key: string, value: unknown) =>
  db.asAdmin((sql) => sql`select public.set_setting(${key}, ${sql.json(value as never)}) as value`);

describe('settings', () => {
  test('an admin changes a setting and reads it back', async ({ db }) => {
    expect(await setAsAdmin(db, 'max_streams_per_user', 7)).toEqual([{ value: 7 }]);
    const settings = await db.asAdmin((sql) => sql`select * from public.get_settings()`);
    expect(settings.find((setting) => setting.key === 'max_streams_per_user')?.value).toBe(7);
  });

  test('the secret key may change one too', async ({ db }) => {
    const [row] = await db.asService(
      (sql) => sql`select public.set_setting('max_streams_per_user', '8') as value`,
    );
    expect(row?.value).toBe(8);
  });

  test.for(['user', 'moderator'] as const)(
    'a %s may neither read nor change them',
    async (role, { db }) => {
      const { id } = await db.createUser({ role });
      await expectFailure(
        db.asUser(id, (sql) => sql`select public.set_setting('max_streams_per_user', '1')`),
        { status: 403, details: 'admin_required' },
      );
      await expectFailure(
        db.asUser(id, (sql) => sql`select * from public.get_settings()`),
        {
          status: 403,
          details: 'admin_required',
        },
      );
    },
  );

  test('nobody who is not signed in reaches the function or the table', async ({ db }) => {
    await expectFailure(
      db.asAnon((sql) => sql`select public.set_setting('x', '1')`),
      { status: 401, details: 'sign_in_required' },
    );
    for (const act of [db.asAnon, db.asService]) {
      await expectFailure(
        act((sql) => sql`select * from private.settings`),
        { code: '42501' },
      );
    }
  });

  test('an unknown setting is refused', async ({ db }) => {
    await expectFailure(setAsAdmin(db, 'no_such_setting', 1), {
      status: 404,
      details: 'setting_not_found',
      message: /no_such_setting/,
    });
  });

  test.for<[string, unknown]>([
    ['another type', '12'],
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['a number out of bounds', 1e12],
  ])('%s is refused', async ([, value], { db }) => {
    await expectFailure(setAsAdmin(db, 'max_streams_per_user', value), {
      status: 400,
      details: 'value_invalid',
      message: /max_streams_per_user/,
    });
  });
});
