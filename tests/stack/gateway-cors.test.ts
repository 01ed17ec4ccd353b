/** Browsers of any origin may use supabase-js: the keys and policies decide, not the origin. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const ASKED = 'apikey,authorization,content-type,prefer,x-client-info,x-supabase-api-version';
const ORIGIN = 'https://app.example.com';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

test.for([
  ['/rest/v1/notes', 'PATCH'],
  ['/rest/v1/rpc/add', 'POST'],
  ['/auth/v1/token?grant_type=password', 'POST'],
  ['/storage/v1/object/files/x', 'DELETE'],
] as const)('the preflight of %s is answered without a key', async ([path, method]) => {
  const answer = await fetch(`${gateway.config.apiUrl}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': ASKED,
    },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('access-control-allow-headers')).toBe(ASKED);
  expect(answer.headers.get('access-control-allow-methods')).toContain(method);
});

test.for([
  ['an answer', '/rest/v1/notes?limit=1', 200],
  ['a refusal', '/rest/v1/vault', 401],
  ['a missing table', '/rest/v1/nowhere', 404],
  ['a refused sign-in', '/auth/v1/user', 401],
  ['a missing file', '/storage/v1/object/public/none/x', 400],
  ['nothing there', '/nowhere', 404],
] as const)('%s may be read by a script', async ([, path, status]) => {
  const answer = await gateway.request(path, { headers: { origin: ORIGIN } });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
});

test('the count of rows may be read by a script', async () => {
  const answer = await gateway.request('/rest/v1/notes?limit=1', {
    headers: { origin: ORIGIN, prefer: 'count=exact' },
  });
  expect(answer.headers.get('content-range')).toBe('0-0/6');
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/content-range/i);
});

test('the secret key is refused to a browser', async () => {
  const answer = await gateway.request('/rest/v1/notes', {
    headers: {
      apikey: gateway.keys.secret,
      'user-agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0',
    },
  });
  expect(answer.status).toBe(401);
});
