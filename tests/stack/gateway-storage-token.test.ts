/** The token of a signed storage URL shares the signing secret and must not pass as a user. */
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  gateway = await startGateway();
  const { storage } = gateway.service();
  await storage.createBucket('files');
  await storage.from('files').upload('file.txt', new Blob(['x']));
  const { data } = await storage.from('files').createSignedUrl('file.txt', 600);
  token = new URL(data?.signedUrl ?? '').searchParams.get('token') ?? '';
});

afterAll(() => gateway?.stop());

test('it is a valid token with a subject', () => {
  expect(decodeJwt(token)).toMatchObject({ sub: 'file.txt', exp: expect.any(Number) });
});

test.for([
  '/rest/v1/notes',
  '/rest/v1/rpc/whoami',
  '/auth/v1/user',
  '/storage/v1/bucket',
  '/functions/v1/anything',
])('%s refuses it', async (path) => {
  const answer = await gateway.request(path, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'PGRST301' });
});

test('it is no API key either', async () => {
  expect((await gateway.clientWith(token).from('notes').select()).status).toBe(401);
});
