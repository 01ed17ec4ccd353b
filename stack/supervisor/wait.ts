/** Waiting that always ends. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `condition` every `intervalMs` until it holds.
 * @returns whether it held within `timeoutMs`; false too as soon as `signal` is aborted.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, intervalMs = 50, signal }: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!signal?.aborted) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

export interface WaitOptions {
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal;
}
