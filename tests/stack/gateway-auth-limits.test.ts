/** Auth's limits for an address and for an account, with hosted Supabase's figures and answers. */

import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MANY_SIGN_INS } from '../support/auth-limits.ts';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let owner: SignedUp;

const ownersAddress = '127.0.0.1';

beforeAll(async () => {
  const asInTheFile = Object.fromEntries(Object.keys(MANY_SIGN_INS).map((name) => [name, '']));
  gateway = await startGateway({ env: asInTheFile });
  owner = await gateway.signUp();
});

afterAll(() => gateway?.stop());

interface Answer {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfter: number;
}

/** Asks Auth from one of the machine's own addresses, each of which is a stranger of its own. */
function post(from: string, path: string, body: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { apikey: gateway.keys.publishable, 'content-type': 'application/json' };
  const url = `${gateway.config.apiUrl}/auth/v1${path}`;
  const sent = request(url, { method: 'POST', localAddress: from, headers }, async (response) => {
    const { error_code: code } = (await json(response)) as { error_code?: string };
    const retryAfter = Number(response.headers['retry-after']);
    resolve({ status: response.statusCode, code, retryAfter });
  });
  sent.on('error', reject);
  sent.end(JSON.stringify(body));
  return promise;
}

const many = (count: number, ask: (index: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)));

const refusedOf = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 429);

/** No fewer than the limit get through; a few more may, as time goes on while they ask. */
function expectLimit(answers: readonly Answer[], limit: number): void {
  const refused = refusedOf(answers);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(limit);
  expect(refused.length).toBeGreaterThan(0);
}

const signIn = (from: string, email: string, password: string) =>
  post(from, '/token?grant_type=password', { email, password });

const tryCode = (from: string, token: number) =>
  post(from, '/verify', { type: 'recovery', email: owner.email, token: String(100_000 + token) });

test('an address guesses 30 passwords in five minutes, whomever it guesses for', async () => {
  const answers = await many(60, (i) => signIn('127.0.0.2', `nobody${i}@example.com`, 'guessed'));
  expectLimit(answers, 30);
  const [refused] = refusedOf(answers);
  expect(refused?.code).toBe('over_request_rate_limit');
  expect(refused?.retryAfter).toBeGreaterThan(0);
  expect(refused?.retryAfter).toBeLessThanOrEqual(10);
  expect((await signIn('127.0.0.3', owner.email, owner.password)).status).toBe(200);
});

test('many addresses together try 90 codes for one account, and do not shut its owner out', async () => {
  expect((await signIn(ownersAddress, owner.email, owner.password)).status).toBe(200);
  expectLimit(await many(200, (i) => tryCode(`127.0.1.${i % 8}`, i)), 90);
  expect(refusedOf(await many(20, (i) => tryCode(`127.0.2.${i}`, i))).length).toBeGreaterThan(0);
  expect(refusedOf(await many(20, (i) => tryCode(ownersAddress, i)))).toEqual([]);
});

test('supabase-js gets the code of hosted Auth', async () => {
  const nobody = { email: 'nobody@example.com', password: 'guessed' };
  const attempts = Array.from({ length: 60 }, () => gateway.anon().auth.signInWithPassword(nobody));
  const errors = (await Promise.all(attempts)).map(({ error }) => error);
  const refused = errors.find((error) => error?.status === 429);
  expect(refused?.code).toBe('over_request_rate_limit');
});

test('an address signs 30 users up', async () => {
  const answers = await many(60, (i) =>
    post('127.0.0.4', '/signup', { email: `new${i}@example.com`, password: 'short' }),
  );
  expectLimit(answers, 30);
});

test('an address causes two mails in an hour, of whatever kind and to whomever', async () => {
  const answers = [
    await post('127.0.0.5', '/recover', { email: owner.email }),
    await post('127.0.0.5', '/otp', { email: owner.email, create_user: false }),
    await post('127.0.0.5', '/recover', { email: owner.email }),
    await post('127.0.0.5', '/magiclink', { email: 'other@example.com' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  expect(answers[2]?.code).toBe('over_email_send_rate_limit');
  expect(await readdir(join(gateway.config.dataDir, 'mail'))).toHaveLength(2);
});

test('an account is sent six mails in an hour, from however many addresses', async () => {
  const email = 'flooded@example.com';
  const answers = await many(8, (i) => post(`127.0.3.${i + 1}`, '/recover', { email }));
  expect(refusedOf(answers)).toHaveLength(2);
});

test('an address tries 30 codes and 150 refresh tokens', async () => {
  const code = { type: 'recovery', email: 'nobody@example.com', token: '123456' };
  expectLimit(await many(60, () => post('127.0.0.6', '/verify', code)), 30);
  const tokens = await many(250, (i) =>
    post('127.0.0.6', '/token?grant_type=refresh_token', { refresh_token: `guess${i}` }),
  );
  expectLimit(tokens, 150);
});
