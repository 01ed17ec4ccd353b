/** The functions' host, through the gateway: whatever one function does, the others go on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { ownError } from '../support/own-error.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { signToken } from '../support/tokens.ts';

const FIXTURES = fileURLToPath(new URL('fixtures/functions', import.meta.url));
const MAX_BODY_BYTES = 10 * 1024 * 1024;

let stack: TestStack;
let token: string;
beforeAll(async () => {
  stack = await startStack({ env: { STREAMBED_MORE_FUNCTIONS: FIXTURES, PRIVATE_TO_US: 'x' } });
  token = await signToken(stack.keys.jwtSecret);
});
afterAll(() => stack?.stop());

interface Call extends RequestInit {
  token?: string | null;
  /** Past the gateway, which refuses some tokens by itself. */
  isDirect?: boolean;
}

function call(path: string, { token: own = token, isDirect = false, ...rest }: Call = {}) {
  const headers = new Headers(rest.headers);
  if (own) headers.set('authorization', `Bearer ${own}`);
  const base = isDirect ? stack.config.functionsUrl : stack.config.apiUrl;
  const url = `${base}/functions/v1/${path}`;
  return fetch(url, { method: 'POST', ...rest, headers });
}

const readLog = () => readFileSync(join(stack.config.dataDir, 'logs', 'functions.log'), 'utf8');

describe('a function', () => {
  test('sees the path, the query and the body as on hosted Supabase', async () => {
    const answer = await call('works/deeper/down?q=1', { body: 'hello' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      path: '/works/deeper/down?q=1',
      body: 'hello',
    });
  });

  test('has the environment of hosted Supabase and nothing of ours', async () => {
    const { environment } = await (await call('works')).json();
    expect(environment).toEqual(
      expect.arrayContaining([
        'SUPABASE_URL',
        'SUPABASE_PUBLISHABLE_KEYS',
        'SUPABASE_SECRET_KEYS',
        'SUPABASE_JWKS',
        'SUPABASE_DB_URL',
        'REDIS_URL',
        'INGEST_SECRET',
      ]),
    );
    expect(environment).not.toContain('PRIVATE_TO_US');
  });

  test('that does not exist is 404 with the four fields', async () => {
    const answer = await call('nowhere');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      code: 'function_not_found',
      message: 'There is no function "nowhere".',
      details: 'function_not_found',
      hint: expect.stringContaining('functions/'),
    });
  });

  test.each(['_shared', '..%2fstack', ''])('is never found by the name "%s"', async (name) => {
    expect((await call(name)).status).toBe(404);
  });
});

describe('a failure', () => {
  test.each(['throws', 'rejects', 'broken', 'returns-nothing', 'leaves'])(
    'of "%s" is a 500 with a request id, and its reason is in the log only',
    async (name) => {
      const pid = await stack.pidOf('functions');
      const answer = await call(name);
      const text = await answer.text();
      const requestId = answer.headers.get('x-request-id');
      expect(answer.status).toBe(500);
      expect(JSON.parse(text)).toEqual({
        code: 'function_failed',
        message: `The function "${name}" failed.`,
        details: 'function_failed',
        hint: expect.stringContaining(requestId as string),
        request_id: requestId,
      });
      expect(text).not.toContain('on purpose');
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      const reason = new RegExp(`${requestId} ${name}: \\w*Error: .+\\n.*    at `);
      const isLogged = () => reason.test(readLog());
      expect(await waitUntil(isLogged, { timeoutMs: 60_000 })).toBe(true);
      expect((await call('works')).status).toBe(200);
      expect(await stack.pidOf('functions')).toBe(pid);
    },
  );

  test('in the background is logged, and the process goes on', async () => {
    const pid = await stack.pidOf('functions');
    expect(await (await call('background')).json()).toEqual({ answered: true });
    const isLogged = () => {
      const log = readLog();
      return log.includes('forgotten promise') && log.includes('forgotten timer');
    };
    expect(await waitUntil(isLogged, { timeoutMs: 60_000 })).toBe(true);
    expect((await call('works')).status).toBe(200);
    expect(await stack.pidOf('functions')).toBe(pid);
  });
});

describe('a body', () => {
  test('of the largest size passes', async () => {
    const answer = await call('slurps', { body: 'x'.repeat(MAX_BODY_BYTES) });
    expect(await answer.json()).toEqual({ length: MAX_BODY_BYTES });
  });

  test('that says it is larger is refused', async () => {
    const answer = await call('slurps', { body: 'x'.repeat(MAX_BODY_BYTES + 1) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'body_too_large' });
  });

  test('that turns out larger is refused, whatever the function makes of it', async () => {
    const piece = new TextEncoder().encode('x'.repeat(1024 * 1024));
    let pieces = 0;
    const body = new ReadableStream({
      pull(controller) {
        pieces += 1;
        if (pieces <= 12) controller.enqueue(piece);
        else controller.close();
      },
    });
    const answer = await call('slurps', { body, duplex: 'half' } as RequestInit);
    expect(answer.status).toBe(413);
    expect((await call('works')).status).toBe(200);
  });
});

describe('verify_jwt', () => {
  test('passes a signed-in user', async () => {
    expect((await call('works')).status).toBe(200);
  });

  test.each([
    ['no token', async () => null],
    ['the publishable key', async () => stack.keys.publishable],
    ['a token of another project', () => signToken('another-secret-of-some-length-0123456789')],
    ['an expired token', () => signToken(stack.keys.jwtSecret, { expiresIn: '-1 minute' })],
    [
      "a signed storage URL's token",
      () => signToken(stack.keys.jwtSecret, { claims: { url: 'bucket/file', sub: 'x' } }),
    ],
    ['an unsigned token', async () => `${btoa('{"alg":"none"}')}.${btoa('{"role":"x"}')}.`],
  ])('refuses %s before the function is called', async (_, make) => {
    const answer = await call('throws', { token: await make(), isDirect: true });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 'jwt_invalid',
      message: expect.any(String),
      details: 'jwt_invalid',
      hint: expect.stringContaining('Authorization'),
    });
  });

  test('lets a browser ask first', async () => {
    const answer = await call('works', { method: 'OPTIONS', token: null });
    expect(answer.status).toBeLessThan(300);
  });

  test('is off where supabase/config.toml says so', async () => {
    const answer = await call('flush-viewers', { token: null });
    expect(await answer.json()).toEqual(ownError('unauthorized').body);
  });
});
