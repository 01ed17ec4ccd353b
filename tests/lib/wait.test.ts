import { expect, test } from 'vitest';
import { waitFor, waitUntil } from '../../lib/wait.ts';

const BRIEFLY = { timeoutMs: 50, intervalMs: 5 };
const LONG = { timeoutMs: 30_000, intervalMs: 5 };

test('asks until there is an answer, and returns it', async () => {
  const answers = [null, null, 'third'];
  expect(await waitFor(() => answers.shift() ?? null, LONG)).toBe('third');
  expect(answers).toEqual([]);
});

test('an answer that is false, 0 or empty is an answer', async () => {
  for (const answer of [false, 0, '']) expect(await waitFor(() => answer, BRIEFLY)).toBe(answer);
});

test('ends without an answer when the time is over', async () => {
  let asked = 0;
  const ask = () => {
    asked += 1;
    return null;
  };
  expect(await waitFor(ask, BRIEFLY)).toBeNull();
  expect(asked).toBeGreaterThan(1);
  expect(await waitUntil(() => false, BRIEFLY)).toBe(false);
});

test('ends as soon as it is aborted', async () => {
  const over = new AbortController();
  const asked = () => {
    over.abort();
    return false;
  };
  expect(await waitUntil(asked, { ...LONG, intervalMs: 1e9, signal: over.signal })).toBe(false);
});

test('what the question throws is thrown', async () => {
  const ask = async () => {
    throw new Error('no');
  };
  await expect(waitUntil(ask, LONG)).rejects.toThrow('no');
});
