import { expect, test } from 'vitest';
import { BackOff } from '../../lib/back-off.ts';

test('delays double up to a bound, and begin anew once it has worked', () => {
  const backOff = new BackOff({ firstMs: 250, longestMs: 15_000 });
  const delays = Array.from({ length: 9 }, () => backOff.next());
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  backOff.reset();
  expect(backOff.next()).toBe(250);
});
