/** What a client gets wrong is told with 4xx and four fields, never with 500. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'multipart/form-data; boundary=x' };

let gateway: TestGateway;
let owner: SignedUp;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.sql.unsafe(`
    insert into storage.buckets (id, name) values ('files', 'files');
    create policy own on storage.objects for all to authenticated
      using (owner_id = (select auth.uid())::text) with check (owner_id = (select auth.uid())::text)`);
  owner = await gateway.signUp();
});

afterAll(() => gateway?.stop());

function ask(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${owner.accessToken}`;
  return gateway.request(path, { method, body, headers: { authorization, ...headers } });
}

async function expectRefused(answer: Response, status = 400): Promise<void> {
  const body = await answer.json();
  expect([answer.status, Object.keys(body).sort()]).toEqual([
    status,
    ['code', 'details', 'hint', 'message'],
  ]);
  expect(body.message).toEqual(expect.any(String));
}

describe('an address that cannot be read', () => {
  test.for([
    '/rest/v1/%zz',
    '/rest/v1/rpc/%ff',
    '/rest/v1/notes?%00=eq.1',
    `/rest/v1/notes?and=(${'and('.repeat(900)}id.gt.0${')'.repeat(901)}`,
    `/rest/v1/notes?select=${'author:authors('.repeat(400)}id${')'.repeat(400)}`,
    '/storage/v1/object/files/%00',
    '/storage/v1/object/%00/x',
    '/storage/v1/bucket/%00',
    '/auth/v1/verify?type=signup&token=%00',
    '/functions/v1/%zz',
    '/realtime/v1/api/%zz',
  ])('%s', async (path) => {
    await expectRefused(await ask('GET', path));
  });

  test('is told from a value that is no number of per cent', async () => {
    const answer = await ask('GET', '/rest/v1/notes?body=like.%25note%25&select=id');
    expect([answer.status, (await answer.json()).length]).toEqual([200, 6]);
    expect((await ask('GET', '/rest/v1/notes?body=like.%n%&select=id')).status).toBe(200);
  });
});

describe('a body that is not what it says', () => {
  test.for([
    ['/auth/v1/callback', FORM_TYPE, 'junk'],
    ['/auth/v1/callback', { 'content-type': 'multipart/form-data' }, 'junk'],
    ['/storage/v1/object/files/form', FORM_TYPE, 'junk'],
    ['/storage/v1/object/files/form', FORM_TYPE, '--x\r\n\r\nno file\r\n--x--\r\n'],
    [
      '/storage/v1/object/files/form',
      FORM_TYPE,
      '--x\r\ncontent-disposition: form-data; filename="a"\r\n\r\ncut',
    ],
    ['/storage/v1/object/files/form', { 'content-type': 'multipart/form-data' }, 'junk'],
    ['/storage/v1/object/list/files', JSON_TYPE, '{'],
    ['/storage/v1/bucket', JSON_TYPE, '{'],
  ] as const)('%s', async ([path, headers, body]) => {
    await expectRefused(await ask('POST', path, body, headers));
  });
});

describe('a field of Auth', () => {
  const paths = [
    'token?grant_type=password',
    'recover',
    'otp',
    'magiclink',
    'resend',
    'signup',
    'verify',
  ];
  const junk = [5, true, [], {}, ['a'], 'a\0b@example.com', `${'x'.repeat(300)}@example.com`];

  test.for(paths)('that is no e-mail address is 400 at %s', async (path) => {
    for (const email of junk) {
      const body = { email, password: 'a good password', type: 'signup', token: '123456' };
      await expectRefused(await ask('POST', `/auth/v1/${path}`, JSON.stringify(body), JSON_TYPE));
    }
  });

  test.for([
    ['POST', 'token?grant_type=refresh_token', { refresh_token: 'a\0b' }],
    ['POST', 'token?grant_type=refresh_token', { refresh_token: [1] }],
    ['POST', 'token?grant_type=pkce', { auth_code: 'a\0b', code_verifier: 'c' }],
    ['POST', 'token?grant_type=password', { email: 'a@example.com', password: { a: 1 } }],
    ['POST', 'token?grant_type=password', null],
    ['POST', 'token?grant_type=password', []],
    ['POST', 'verify', { type: 'email_change', token_hash: 5 }],
    ['POST', 'signup', { email: 'a@example.com', password: 'a good password', data: 'text' }],
    ['PUT', 'user', { email: null }],
    ['PUT', 'user', { data: [] }],
    ['PUT', 'user', { data: { text: 'a\0b' } }],
  ] as const)('of a wrong type is 400: %s %s %o', async ([method, path, body]) => {
    await expectRefused(await ask(method, `/auth/v1/${path}`, JSON.stringify(body), JSON_TYPE));
  });
});

test('of sign-ups that race for an address one succeeds and the others are 422', async () => {
  const body = JSON.stringify({ email: 'race@example.com', password: 'a good password' });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => ask('POST', '/auth/v1/signup', body, JSON_TYPE)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(422)]);
});

describe('Storage', () => {
  test.for([
    ['GET', 'object/sign/files/a?token=%zz', undefined],
    ['GET', 'object/sign/files/a?token=a.b.c', undefined],
    ['PUT', 'object/upload/sign/files/a?token=a.b.c', 'text'],
    ['POST', 'object/list/files', '{"prefix":"","sortBy":{"column":"../x"}}'],
    ['POST', 'object/list/files', '{"prefix":"","sortBy":{"column":"nothing_such","order":"asc"}}'],
    ['POST', 'object/list/files', '{"prefix":"","sortBy":{"column":"name","order":"up"}}'],
    ['POST', 'object/copy', '{"bucketId":"files","sourceKey":"a\\u0000","destinationKey":"b"}'],
    ['DELETE', 'object/files', '{"prefixes":["a\\u0000"]}'],
  ] as const)('refuses %s %s %s', async ([method, path, body]) => {
    await expectRefused(await ask(method, `/storage/v1/${path}`, body, JSON_TYPE));
  });

  test('keeps what odd keys name apart, and a file of metadata for each alone', async () => {
    const keys = ['a', 'a/b', 'a/b/c', 'x.meta', 'x', 'y/', 'a//b', 'é', 'k'.repeat(900)];
    const files = owner.client.storage.from('files');
    for (const key of keys) {
      const path = `/storage/v1/object/files/${encodeURI(key)}`;
      expect((await ask('POST', path, key, { 'content-type': 'text/plain' })).status).toBe(200);
    }
    for (const key of keys) expect(await (await files.download(key)).data?.text()).toBe(key);
    const stored = readdirSync(join(gateway.config.dataDir, 'storage'), { recursive: true })
      .map(String)
      .filter((name) => name.includes('/'));
    const metadata = stored.filter((name) => name.endsWith('.meta'));
    expect([metadata.length, stored.length]).toEqual([keys.length, 2 * keys.length]);
  });

  test('of uploads that race for a key one succeeds and none is 5xx', async () => {
    const upload = () =>
      ask('POST', '/storage/v1/object/files/raced', 'text', { 'content-type': 'text/plain' });
    const answers = await Promise.all(Array.from({ length: 8 }, upload));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });
});
