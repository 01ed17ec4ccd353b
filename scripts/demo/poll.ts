import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 500;

/**
 * Asks again and again until the answer is not null.
 * @param what what is waited for, as the error says it
 * @param onWait called between two questions with the seconds waited so far
 * @throws Error when that has not come after `seconds`
 */
export async function poll<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | null>,
  onWait: (waited: number) => void = () => {},
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    const waited = (performance.now() - startedAt) / 1000;
    if (waited > seconds) throw new Error(`${what} has not happened within ${seconds} s`);
    onWait(waited);
    await sleep(EVERY_MS);
  }
}
