/** Learns what a source is by having ffmpeg read its beginning. */
import type { Driver } from '../drivers/driver.ts';
import { probeArguments } from './arguments.ts';
import { type MediaFacts, readMedia } from './streams.ts';

const TIMEOUT_MS = 60_000;
const MAX_LINES = 500;

export interface ProbeOptions {
  readonly driver: Driver;
  readonly sessionId: string;
  readonly sourceUrl: string;
  /** Aborted when nobody wants to know any more. */
  readonly signal: AbortSignal;
  /** Why the source could not be read, where that is known; said instead of what ffmpeg makes of it. */
  readonly explain: () => Error | null;
}

/** @throws Refused when that is no video */
export async function probe(options: ProbeOptions): Promise<MediaFacts> {
  const { driver, sessionId, sourceUrl, signal, explain } = options;
  const lines: string[] = [];
  const run = await driver.start({
    sessionId,
    args: probeArguments(sourceUrl),
    onStdout() {},
    onStderr: (line) => {
      if (lines.length < MAX_LINES) lines.push(line);
    },
  });
  const end = () => void run.kill();
  const timer = setTimeout(end, TIMEOUT_MS);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const { error } = await run.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
  if (error) throw new Error(error);
  try {
    return readMedia(lines);
  } catch (problem) {
    throw explain() ?? problem;
  }
}
