import { setTimeout as sleep } from 'node:timers/promises';

export interface PauseOptions {
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the process stays for it; true unless said. */
  readonly ref?: boolean;
}

/** Settles after `ms`, or as soon as `signal` is aborted. Never rejects. */
export async function pause(ms: number, options: PauseOptions = {}): Promise<void> {
  await sleep(ms, undefined, options).catch(() => undefined);
}
