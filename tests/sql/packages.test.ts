import type { TestDatabase } from '../support/database.ts';
import { describe, expect, expectFailure, test } from '../support/fixtures.ts';

const setPackage = (
  db: TestDatabase,
  userId: string,
  id: string | null,
  expiresAt: string | null = null,
) =>
  db.asAdmin((sql) => sql`select * from public.set_user_package(${userId}, ${id}, ${expiresAt})`);
const allowedOf = async (db: TestDatabase, userId: string) => {
  const [user] = await db.sql`select streams_allowed from public.users where id = ${userId}`;
  return user?.streams_allowed;
};

describe('packages', () => {
  test('all read them; nobody writes them through the API', async ({ db }) => {
    const rows = await db.asAnon(
      (sql) => sql`select id, streams_allowed from public.packages order by streams_allowed`,
    );
    expect(rows).toEqual([
      { id: 'starter', streams_allowed: 1 },
      { id: 'creator', streams_allowed: 3 },
      { id: 'pro', streams_allowed: 10 },
    ]);
    const { id } = await db.createUser();
    await expectFailure(
      db.asUser(id, (sql) => sql`update public.packages set streams_allowed = 99`),
      { code: '42501' },
    );
  });

  test('an admin gives one, and takes it away', async ({ db }) => {
    const { id } = await db.createUser();
    expect(await setPackage(db, id, 'creator')).toMatchObject([
      { package_type: 'creator', streams_allowed: 3 },
    ]);
    expect(await setPackage(db, id, null)).toMatchObject([
      { package_type: null, streams_allowed: 1 },
    ]);
  });

  test('a user may not, for nobody', async ({ db }) => {
    const { id } = await db.createUser();
    await expectFailure(
      db.asUser(id, (sql) => sql`select public.set_user_package(${id}, 'pro')`),
      {
        status: 403,
        details: 'admin_required',
      },
    );
  });

  test('an unknown or withdrawn package, a past expiry and an unknown user are refused', async ({
    db,
  }) => {
    const { id } = await db.createUser();
    await db.sql`insert into public.packages values ('old', 'Old', 5, 1, 'USD', 'month', false)`;
    for (const name of ['none', 'old']) {
      await expectFailure(setPackage(db, id, name), {
        status: 400,
        details: 'package_type_invalid',
      });
    }
    await expectFailure(setPackage(db, id, 'pro', '2020-01-01'), {
      status: 400,
      details: 'expires_at_invalid',
    });
    await expectFailure(setPackage(db, '00000000-0000-4000-8000-000000000000', 'pro'), {
      status: 404,
      details: 'user_not_found',
    });
  });

  test('an expired one falls back to the default', async ({ db }) => {
    const { id } = await db.createUser();
    await setPackage(db, id, 'pro', new Date(Date.now() + 3_600_000).toISOString());
    expect(await allowedOf(db, id)).toBe(10);
    await db.sql.begin(async (sql) => {
      // The clock cannot be moved; the row is, past the trigger that would see it at once.
      await sql`alter table public.users disable trigger users_derive_streams_allowed`;
      await sql`update public.users set package_expires_at = now() - interval '1 second' where id = ${id}`;
      await sql`alter table public.users enable trigger users_derive_streams_allowed`;
    });
    expect(await allowedOf(db, id)).toBe(10);
    await db.asService((sql) => sql`select public.expire_packages()`);
    expect(await allowedOf(db, id)).toBe(1);
    const [again] = await db.asService((sql) => sql`select public.expire_packages() as changed`);
    expect(again?.changed).toBe(0);
  });

  test('users follow a change of their package, and of the default', async ({ db }) => {
    const [buyer, free] = [await db.createUser(), await db.createUser()];
    await setPackage(db, buyer.id, 'creator');
    await db.sql`update public.packages set streams_allowed = 4 where id = 'creator'`;
    await db.asAdmin((sql) => sql`select public.set_setting('default_streams_allowed', '2')`);
    expect([await allowedOf(db, buyer.id), await allowedOf(db, free.id)]).toEqual([4, 2]);
  });
});
