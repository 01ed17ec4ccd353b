/** Two stacks on one machine know nothing of each other. */
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type TestStack } from '../support/stack.ts';

let one: TestStack;
let other: TestStack;
beforeAll(async () => {
  [one, other] = await Promise.all([startStack(), startStack()]);
});
afterAll(() => Promise.all([one?.stop(), other?.stop()]));

const account = { email: 'somebody@example.com', password: 'a-long-enough-password' };
const clientOf = ({ config, keys }: TestStack) => createClient(config.apiUrl, keys.publishable);

test('both are ready, with no port and no key in common', async () => {
  expect((await one.status()).ready).toBe(true);
  expect((await other.status()).ready).toBe(true);
  const ports = [one, other].flatMap(({ config }) => Object.values(config.ports));
  expect(new Set(ports).size).toBe(ports.length);
  const keys = [one, other].flatMap((stack) => Object.values(stack.keys));
  expect(new Set(keys).size).toBe(keys.length);
});

test('an account of one is unknown to the other', async () => {
  expect((await clientOf(one).auth.signUp(account)).error).toBeNull();
  expect((await clientOf(one).auth.signInWithPassword(account)).error).toBeNull();
  expect((await clientOf(other).auth.signInWithPassword(account)).error?.status).toBe(400);
});

test("one's key does not open the other", async () => {
  const intruder = createClient(other.config.apiUrl, one.keys.secret);
  const { status } = await intruder.from('users').select();
  expect(status).toBe(401);
});

test('ending one leaves the other as it was', async () => {
  const before = await other.status();
  one.process.signal('SIGTERM');
  expect(await one.process.ended).toBe(0);
  expect(await other.status()).toEqual(before);
});
