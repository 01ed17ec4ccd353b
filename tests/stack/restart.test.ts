/** A service that dies is started again, and the stack is whole again. */
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { runNode } from '../support/cli.ts';
import { startStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const SERVICES = [
  'functions',
  'gateway',
  'realtime',
  'media',
  'scheduler',
  'worker',
  'redis',
  'postgres',
];

test.each(SERVICES)('%s comes back after kill -9', async (service) => {
  const before = await stack.statusOf(service);
  const after = await stack.killAndAwaitRestart(service);
  expect(after.pid).not.toBe(before.pid);
  expect(after.restarts).toBe(before.restarts + 1);
  expect(stack.process.output()).toMatch(
    new RegExp(`${service} ended \\(SIGKILL\\); starting it again in 0\\.25 s, restart 1`),
  );
  await stack.awaitReady();
});

test('a service that dies again waits longer', async () => {
  await stack.killAndAwaitRestart('scheduler');
  await stack.killAndAwaitRestart('scheduler');
  const delays = stack.process.output().matchAll(/scheduler ended .* again in ([\d.]+) s/g);
  expect([...delays].map(([, delay]) => Number(delay))).toEqual([0.25, 0.5, 1]);
});

test('what Redis had acknowledged survives its kill -9', async () => {
  const client = createClient({ url: stack.config.redisUrl });
  client.on('error', () => {});
  await client.connect();
  await client.set('sb:{test}:key', 'value', { expiration: { type: 'EX', value: 600 } });
  await stack.killAndAwaitRestart('redis');
  expect(await client.get('sb:{test}:key')).toBe('value');
  client.destroy();
});

test('a stack whose service hangs is not ready, and says which', async () => {
  const pid = await stack.pidOf('functions');
  process.kill(pid, 'SIGSTOP');
  try {
    let shown = { code: 0, stdout: '' };
    const isGatewayReady = async () => {
      shown = await runNode(['stack/status.ts'], stack.env);
      return /gateway\s+ready/.test(shown.stdout);
    };
    expect(await waitUntil(isGatewayReady, { timeoutMs: 60_000 })).toBe(true);
    expect(shown.stdout).toContain('The stack is running, but not ready.');
    expect(shown.stdout).toMatch(/functions\s+not ready/);
    expect(shown.code).toBe(1);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await stack.awaitReady();
});
