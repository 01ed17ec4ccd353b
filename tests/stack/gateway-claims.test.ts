/** SQL sees who is asking, in both forms that Supabase has had, and forged tokens are refused. */
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let user: SignedUp;

beforeAll(async () => {
  gateway = await startGateway();
  user = await gateway.signUp({ nickname: 'nick' });
});

afterAll(() => gateway?.stop());

function sign(
  claims: Record<string, unknown>,
  expires: string | number,
  secret = gateway.keys.jwtSecret,
) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'local' })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

const asBearer = (token: string) =>
  gateway.request('/rest/v1/rpc/whoami', { headers: { authorization: `Bearer ${token}` } });

describe('SQL', () => {
  test('finds a user by request.jwt.claims and by request.jwt.claim.sub', async () => {
    const { data } = await user.client.rpc('whoami');
    expect(data).toMatchObject({
      role: 'authenticated',
      uid: user.id,
      claim_sub: user.id,
      claims: { sub: user.id, role: 'authenticated', email: user.email },
      email: user.email,
    });
  });

  test('finds nobody for an anonymous request', async () => {
    const { data } = await gateway.anon().rpc('whoami');
    expect(data).toMatchObject({
      role: 'anon',
      uid: null,
      claim_sub: null,
      claims: { role: 'anon' },
    });
  });

  test('finds the service role for the secret key', async () => {
    const { data } = await gateway.service().rpc('whoami');
    expect(data).toMatchObject({
      role: 'service_role',
      uid: null,
      claims: { role: 'service_role' },
    });
  });
});

describe('an access token', () => {
  test('names its key, without which @supabase/server refuses it', () => {
    expect(decodeProtectedHeader(user.accessToken)).toEqual({
      alg: 'HS256',
      typ: 'JWT',
      kid: 'local',
    });
  });

  test('holds what Supabase Auth puts into it', () => {
    expect(decodeJwt(user.accessToken)).toMatchObject({
      iss: `${gateway.config.apiUrl}/auth/v1`,
      aud: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password' }],
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { nickname: 'nick' },
      is_anonymous: false,
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('is refused when it has expired', async () => {
    const answer = await asBearer(await sign({ sub: user.id, role: 'authenticated' }, 1));
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'PGRST303', message: 'JWT expired' });
  });

  test('is refused when another secret signed it', async () => {
    const forged = await sign({ sub: user.id, role: 'service_role' }, '1h', 'x'.repeat(64));
    const answer = await asBearer(forged);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'PGRST301' });
  });

  test('is refused without a role', async () => {
    expect((await asBearer(await sign({ sub: user.id }, '1h'))).status).toBe(401);
  });

  test('may not choose a role that requests cannot have', async () => {
    for (const role of ['postgres', 'supabase_admin', 'supabase_auth_admin', 'authenticator']) {
      const answer = await asBearer(await sign({ sub: user.id, role }, '1h'));
      expect([role, answer.ok]).toEqual([role, false]);
    }
  });
});

describe('an API key', () => {
  test('is needed', async () => {
    const answer = await fetch(`${gateway.config.apiUrl}/rest/v1/notes`);
    expect(answer.status).toBe(401);
  });

  test('must be one of ours', async () => {
    const { status } = await gateway.clientWith('sb_publishable_other').from('notes').select();
    expect(status).toBe(401);
  });

  test('may be a legacy JWT for anon or service_role', async () => {
    const anon = gateway.clientWith(await sign({ role: 'anon', iss: 'supabase' }, '1h'));
    expect((await anon.rpc('whoami')).data).toMatchObject({ role: 'anon' });
    const service = gateway.clientWith(await sign({ role: 'service_role', iss: 'supabase' }, '1h'));
    expect((await service.rpc('whoami')).data).toMatchObject({ role: 'service_role' });
  });

  test('may not be a user’s token, nor a legacy JWT that another secret signed', async () => {
    expect((await gateway.clientWith(user.accessToken).rpc('whoami')).status).toBe(401);
    const forged = await sign({ role: 'service_role' }, '1h', 'x'.repeat(64));
    expect((await gateway.clientWith(forged).rpc('whoami')).status).toBe(401);
  });
});
