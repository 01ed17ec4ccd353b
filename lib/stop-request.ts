/** The ways in which a program that runs until it is told to end is told so. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_FOR_PARENT_MS = 500;

export type StopRequest = (typeof SIGNALS)[number] | 'npm has ended';

/** npm runs a script through a shell, and a SIGTERM that ends npm ends that shell, but not us. */
function whenNpmIsGone(stop: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, LOOK_FOR_PARENT_MS);
  timer.unref();
}

/**
 * Calls `stop` at each request to end this process, which from now on ends by itself only. One wish
 * may come as several requests: npm passes a terminal's Ctrl-C on.
 */
export function onStopRequest(stop: (request: StopRequest) => void): void {
  for (const signal of SIGNALS) process.on(signal, () => stop(signal));
  whenNpmIsGone(() => stop('npm has ended'));
  // A console that has gone away is no request.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
