/** Learns what a source is by having ffmpeg read its beginning. */
import { withoutControls } from '../../lib/last-lines.ts';
import type { Driver } from '../drivers/driver.ts';
import { Refused } from '../guard/refused.ts';
import { probeArguments } from './arguments.ts';
import { type MediaFacts, readMedia } from './streams.ts';

const TIMEOUT_MS = 60_000;
const MAX_LINES = 500;
const LINES_TO_QUOTE = 20;

export interface ProbeOptions {
  readonly driver: Driver;
  readonly sessionId: string;
  readonly sourceUrl: string;
  /** Aborted when nobody wants to know any more. */
  readonly signal: AbortSignal;
  /** Why the source could not be read, where that is known; said instead of what ffmpeg makes of it. */
  readonly explain: () => Error | null;
}

/**
 * What ffmpeg says about the source.
 * @throws Error when ffmpeg cannot be run, Refused when the source takes too long
 */
async function ask(options: ProbeOptions): Promise<string[]> {
  const { driver, sessionId, sourceUrl, signal, explain } = options;
  const lines: string[] = [];
  const run = await driver.start({
    sessionId,
    args: probeArguments(sourceUrl),
    onStdout() {},
    onStderr: (line) => {
      if (lines.length < MAX_LINES) lines.push(withoutControls(line));
    },
  });
  const tooLate = AbortSignal.timeout(TIMEOUT_MS);
  const end = () => void run.kill();
  for (const reason of [signal, tooLate]) reason.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const { error } = await run.ended;
  for (const reason of [signal, tooLate]) reason.removeEventListener('abort', end);
  if (error) throw new Error(error);
  if (!tooLate.aborted) return lines;
  throw explain() ?? new Refused(`The source could not be read within ${TIMEOUT_MS / 1000} s.`);
}

/** @throws Refused when that is no video */
export async function probe(options: ProbeOptions): Promise<MediaFacts> {
  const lines = await ask(options);
  try {
    return readMedia(lines);
  } catch (error) {
    const said = [(error as Error).message, ...lines.slice(-LINES_TO_QUOTE)].join('\n');
    throw options.explain() ?? new Refused(said);
  }
}
