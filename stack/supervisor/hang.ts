/** Finds a service that runs and answers nothing. */
import { pause } from '../../lib/pause.ts';
import { inTime } from '../../lib/probes.ts';
import type { Service } from './service.ts';

const ASK_EVERY_MS = 5_000;
/** With the time that each question waits for its answer, half a minute. */
const UNANSWERED = 4;

/**
 * Asks again and again.
 * @returns true once it has not answered several times in a row; false when `signal` is aborted
 */
export async function untilHung(
  { answers, askEveryMs = ASK_EVERY_MS }: Pick<Service, 'answers' | 'askEveryMs'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!answers) return false;
  for (let unanswered = 0; unanswered < UNANSWERED; ) {
    await pause(askEveryMs, { signal });
    if (signal.aborted) return false;
    unanswered = (await inTime(answers)) ? 0 : unanswered + 1;
  }
  return !signal.aborted;
}
