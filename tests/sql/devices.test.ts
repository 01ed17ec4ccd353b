import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  owner = await db.createUser();
  stranger = await db.createUser();
});
afterAll(() => db.drop());

async function signIn(userId: string): Promise<string> {
  const id = randomUUID();
  await db.superuser`insert into auth.sessions (id, user_id) values (${id}, ${userId})`;
  await db.superuser`
    insert into auth.refresh_tokens (id, token, user_id, session_id)
    values (${randomUUID()}, ${randomUUID()}, ${userId}, ${id})`;
  return id;
}

const register = (
  userId: string,
  sessionId: string | undefined,
  name = 'My phone',
  type = 'phone',
) =>
  db.asUser(userId, (sql) => sql`select * from public.register_device(${name}, ${type})`, {
    claims: sessionId ? { session_id: sessionId } : {},
    headers: { 'user-agent': 'Probe/1.0', 'x-real-ip': '198.51.100.4' },
  });
const revoke = (userId: string, sessionId: string) =>
  db.asUser(userId, (sql) => sql`select * from public.revoke_session(${sessionId})`);

describe('devices', () => {
  test('a session is registered with its agent and address, and again without a second row', async () => {
    const session = await signIn(owner.id);
    const [first] = await register(owner.id, session);
    expect(first).toMatchObject({
      id: session,
      user_id: owner.id,
      device_name: 'My phone',
      user_agent: 'Probe/1.0',
      ip: '198.51.100.4',
    });
    const [second] = await register(owner.id, session, 'Renamed', 'tablet');
    expect(second).toMatchObject({ id: session, device_name: 'Renamed', device_type: 'tablet' });
    expect(await db.sql`select from public.user_sessions where id = ${session}`).toHaveLength(1);
  });

  test('a user sees the own ones alone', async () => {
    await register(owner.id, await signIn(owner.id));
    expect(
      await db.asUser(stranger.id, (sql) => sql`select * from public.user_sessions`),
    ).toHaveLength(0);
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.user_sessions`),
      { code: '42501' },
    );
    await expectFailure(
      db.asUser(owner.id, (sql) => sql`update public.user_sessions set revoked_at = null`),
      { code: '42501' },
    );
  });

  test('bad names, types and tokens are refused', async () => {
    const session = await signIn(owner.id);
    await expectFailure(register(owner.id, session, ''), {
      status: 400,
      details: 'device_name_invalid',
    });
    await expectFailure(register(owner.id, session, 'x'.repeat(101)), {
      status: 400,
      details: 'device_name_invalid',
    });
    await expectFailure(register(owner.id, session, 'a', 'toaster'), {
      status: 400,
      details: 'device_type_invalid',
    });
    await expectFailure(register(owner.id, undefined), {
      status: 401,
      details: 'session_required',
    });
    await expectFailure(
      db.asAnon((sql) => sql`select public.register_device('a', 'web')`),
      { code: '42501' },
    );
  });

  test('revoking ends the refresh token, and the session cannot register again', async () => {
    const session = await signIn(owner.id);
    await register(owner.id, session);
    const [revoked] = await revoke(owner.id, session);
    expect(revoked?.revoked_at).toBeInstanceOf(Date);
    expect(
      await db.superuser`select from auth.refresh_tokens where session_id = ${session}`,
    ).toHaveLength(0);
    await expectFailure(register(owner.id, session), { status: 403, details: 'session_revoked' });
    expect(await revoke(owner.id, session)).toEqual([revoked]);
  });

  test("somebody else's session is not found", async () => {
    const session = await signIn(owner.id);
    await register(owner.id, session);
    await expectFailure(revoke(stranger.id, session), {
      status: 404,
      details: 'session_not_found',
    });
    expect(await db.superuser`select from auth.sessions where id = ${session}`).toHaveLength(1);
    await expectFailure(register(stranger.id, session), {
      status: 403,
      details: 'session_revoked',
    });
  });
});

describe('linked accounts', () => {
  test('are listed to their owner alone', async () => {
    await db.superuser`
      insert into auth.identities (id, provider, provider_id, user_id, last_sign_in_at)
      values (${randomUUID()}, 'google', 'g-1', ${owner.id}, now())`;
    const list = (id: string) =>
      db.asUser(id, (sql) => sql`select * from public.my_linked_accounts()`);
    expect(await list(owner.id)).toMatchObject([
      { provider: 'google', provider_account_id: 'g-1' },
    ]);
    expect(await list(stranger.id)).toHaveLength(0);
    await expectFailure(
      db.asAnon((sql) => sql`select * from public.my_linked_accounts()`),
      { code: '42501' },
    );
  });
});
