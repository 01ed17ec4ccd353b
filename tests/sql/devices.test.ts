import { randomUUID } from 'node:crypto';
import type { Act, TestDatabase, TestUser } from '../support/database.ts';
import { describe, expect, expectFailure, test } from '../support/fixtures.ts';

async function signIn(db: TestDatabase, { id: userId }: TestUser): Promise<string> {
  const id = randomUUID();
  await db.superuser`insert into auth.sessions (id, user_id) values (${id}, ${userId})`;
  await db.superuser`
    insert into auth.refresh_tokens (id, token, user_id, session_id)
    values (${randomUUID()}, ${randomUUID()}, ${userId}, ${id})`;
  return id;
}

const register = (act: Act, sessionId?: string, name = 'My phone', type = 'phone') =>
  act((sql) => sql`select * from public.register_device(${name}, ${type})`, {
    claims: sessionId ? { session_id: sessionId } : {},
    headers: { 'user-agent': 'Probe/1.0', 'x-real-ip': '198.51.100.4' },
  });
const revoke = (act: Act, sessionId: string) =>
  act((sql) => sql`select * from public.revoke_session(${sessionId})`);

describe('devices', () => {
  test('a session is registered with its agent and address, and again without a second row', async ({
    db,
    owner,
  }) => {
    const session = await signIn(db, owner);
    const [first] = await register(db.as(owner), session);
    expect(first).toMatchObject({
      id: session,
      user_id: owner.id,
      device_name: 'My phone',
      user_agent: 'Probe/1.0',
      ip: '198.51.100.4',
    });
    const [second] = await register(db.as(owner), session, 'Renamed', 'tablet');
    expect(second).toMatchObject({ id: session, device_name: 'Renamed', device_type: 'tablet' });
    expect(await db.sql`select from public.user_sessions where id = ${session}`).toHaveLength(1);
  });

  test('a user sees the own ones alone', async ({ db, owner, stranger }) => {
    await register(db.as(owner), await signIn(db, owner));
    expect(await db.as(stranger)((sql) => sql`select * from public.user_sessions`)).toHaveLength(0);
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.user_sessions`),
      { code: '42501' },
    );
    await expectFailure(
      db.as(owner)((sql) => sql`update public.user_sessions set revoked_at = null`),
      { code: '42501' },
    );
  });

  test('bad names, types and tokens are refused', async ({ db, owner }) => {
    const session = await signIn(db, owner);
    await expectFailure(register(db.as(owner), session, ''), {
      status: 400,
      details: 'device_name_invalid',
    });
    await expectFailure(register(db.as(owner), session, 'x'.repeat(101)), {
      status: 400,
      details: 'device_name_invalid',
    });
    await expectFailure(register(db.as(owner), session, 'a', 'toaster'), {
      status: 400,
      details: 'device_type_invalid',
    });
    await expectFailure(register(db.as(owner)), {
      status: 401,
      details: 'session_required',
    });
    await expectFailure(
      db.asAnon((sql) => sql`select public.register_device('a', 'web')`),
      { status: 401, details: 'sign_in_required' },
    );
  });

  test('revoking ends the refresh token, and the session cannot register again', async ({
    db,
    owner,
  }) => {
    const session = await signIn(db, owner);
    await register(db.as(owner), session);
    const [revoked] = await revoke(db.as(owner), session);
    expect(revoked?.revoked_at).toBeInstanceOf(Date);
    expect(
      await db.superuser`select from auth.refresh_tokens where session_id = ${session}`,
    ).toHaveLength(0);
    await expectFailure(register(db.as(owner), session), {
      status: 403,
      details: 'session_revoked',
    });
    expect(await revoke(db.as(owner), session)).toEqual([revoked]);
  });

  test("somebody else's session is not found", async ({ db, owner, stranger }) => {
    const session = await signIn(db, owner);
    await register(db.as(owner), session);
    await expectFailure(revoke(db.as(stranger), session), {
      status: 404,
      details: 'device_not_found',
    });
    expect(await db.superuser`select from auth.sessions where id = ${session}`).toHaveLength(1);
    await expectFailure(register(db.as(stranger), session), {
      status: 403,
      details: 'session_revoked',
    });
  });
});

describe('linked accounts', () => {
  test('are listed to their owner alone', async ({ db, owner, stranger }) => {
    await db.superuser`
      insert into auth.identities (id, provider, provider_id, user_id, last_sign_in_at)
      values (${randomUUID()}, 'google', 'g-1', ${owner.id}, now())`;
    const list = (act: Act) => act((sql) => sql`select * from public.my_linked_accounts()`);
    expect(await list(db.as(owner))).toMatchObject([
      { provider: 'google', provider_account_id: 'g-1' },
    ]);
    expect(await list(db.as(stranger))).toHaveLength(0);
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.my_linked_accounts()`),
      { status: 401, details: 'sign_in_required' },
    );
  });
});
