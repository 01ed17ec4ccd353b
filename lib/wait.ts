/** Waiting that always ends. */
import { pause } from './pause.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks again and again, every `intervalMs`, until the answer is not null.
 * @returns the answer; null when none came within `timeoutMs`, or as soon as `signal` is aborted
 */
export async function waitFor<T>(
  ask: () => T | null | Promise<T | null>,
  { timeoutMs, intervalMs = 50, signal }: WaitOptions,
): Promise<T | null> {
  const deadline = performance.now() + timeoutMs;
  while (!signal?.aborted) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() >= deadline) return null;
    await pause(intervalMs, { signal });
  }
  return null;
}

/** The same for a condition: whether it came to hold. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  return (await waitFor(async () => (await condition()) || null, options)) ?? false;
}
