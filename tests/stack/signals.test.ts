/** Each way of telling the stack to end leaves no process behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { processTree, survivors } from '../support/processes.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { createStackPlace } from '../support/stack-place.ts';
import { spawnStack } from '../support/stack-process.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends everything', async (signal) => {
  if (stack.process.hasEnded()) await stack.startAgain();
  const processes = processTree(stack.process.pid);
  stack.process.signal(signal);
  expect(await stack.process.ended).toBe(0);
  expect(survivors(processes)).toEqual([]);
});

test('a service that ignores SIGTERM is killed', async () => {
  await stack.startAgain();
  const processes = processTree(stack.process.pid);
  process.kill(await stack.pidOf('functions'), 'SIGSTOP');
  stack.process.signal('SIGTERM');
  expect(await stack.process.ended).toBe(0);
  expect(survivors(processes)).toEqual([]);
});

test('a start that is interrupted half-way ends too', async () => {
  const place = await createStackPlace();
  try {
    const starting = spawnStack(place.env);
    const hasBegun = () => starting.output().includes('redis ready');
    expect(await waitUntil(hasBegun, { timeoutMs: 60_000, intervalMs: 5 })).toBe(true);
    const processes = processTree(starting.pid);
    starting.signal('SIGTERM');
    expect(await starting.ended).toBe(0);
    expect(survivors(processes)).toEqual([]);
    expect(starting.output()).not.toContain('ready after');
  } finally {
    await place.clear();
  }
});
