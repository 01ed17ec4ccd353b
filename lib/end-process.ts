/** Ends a process in bounded time: politely first, then not. */
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { sendSignal } from './send-signal.ts';
import { waitUntil } from './wait.ts';

/** Signals in the order in which they are tried, each with the time that it is given. */
export type EndingSteps = readonly (readonly [signal: NodeJS.Signals, waitMs: number])[];

/** For a program that shuts down on SIGTERM. */
export const TERMINATE: EndingSteps = [
  ['SIGTERM', 5_000],
  ['SIGKILL', 2_000],
];

/**
 * Ends the identified process and, with SIGKILL, what is left of the process group that it leads.
 * Does nothing when it is gone already or its number belongs to another process by now.
 * @returns whether it is gone.
 */
export async function endProcess(identity: ProcessIdentity, steps: EndingSteps): Promise<boolean> {
  for (const [signal, waitMs] of steps) {
    if (!isAlive(identity)) return true;
    if (signal === 'SIGKILL') sendSignal(-identity.pid, signal);
    sendSignal(identity.pid, signal);
    if (await waitUntil(() => !isAlive(identity), { timeoutMs: waitMs, intervalMs: 20 }))
      return true;
  }
  return !isAlive(identity);
}
