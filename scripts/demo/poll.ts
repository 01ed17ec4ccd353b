import { waitFor } from '../../lib/wait.ts';

const EVERY_MS = 500;

/**
 * Asks again and again until the answer is not null.
 * @param what what is waited for, as the error says it
 * @param onWait called after each answer that is null, with the seconds waited so far
 * @throws Error when that has not come after `seconds`
 */
export async function poll<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | null>,
  onWait: (waited: number) => void = () => {},
): Promise<T> {
  const startedAt = performance.now();
  const askOnce = async () => {
    const answer = await ask();
    if (answer === null) onWait((performance.now() - startedAt) / 1000);
    return answer;
  };
  const answer = await waitFor(askOnce, { timeoutMs: seconds * 1000, intervalMs: EVERY_MS });
  if (answer !== null) return answer;
  throw new Error(`${what} has not happened within ${seconds} s`);
}
