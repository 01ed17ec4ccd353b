/** Google sign-in is off until the environment configures it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const authorize = (gateway: TestGateway) =>
  gateway.request('/auth/v1/authorize?provider=google', { redirect: 'manual' });

describe('without configuration', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(() => gateway?.stop());

  test('it is refused', async () => {
    expect((await authorize(gateway)).status).toBe(400);
  });
});

describe('configured from the environment', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({
      env: {
        SUPABASE_AUTH_EXTERNAL_GOOGLE_ENABLED: 'true',
        GOOGLE_CLIENT_ID: 'the-client-id',
        GOOGLE_SECRET: 'the-client-secret',
      },
    });
  });

  afterAll(() => gateway?.stop());

  test('it leads to Google and back to the gateway, without the secret', async () => {
    const answer = await authorize(gateway);
    expect(answer.status).toBe(302);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.hostname).toBe('accounts.google.com');
    expect(location.searchParams.get('client_id')).toBe('the-client-id');
    expect(location.searchParams.get('redirect_uri')).toBe(
      `${gateway.config.apiUrl}/auth/v1/callback`,
    );
    expect(location.href).not.toContain('the-client-secret');
  });
});
