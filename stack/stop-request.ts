/** The ways in which the running stack is told to end. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_FOR_PARENT_MS = 500;

/** npm runs a script through a shell, and a SIGTERM that ends npm ends that shell, but not us. */
export function whenNpmIsGone(stop: () => void): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const look = () => process.ppid !== parent && stop();
  setInterval(look, LOOK_FOR_PARENT_MS).unref();
}

/**
 * Resolves at the first request to end, to nothing, or at a fault in the supervisor itself, to that
 * fault; either way the services are to be stopped. Later signals change nothing: npm passes a
 * terminal's Ctrl-C on, so that it comes twice.
 */
export function untilToldToStop(): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  for (const signal of SIGNALS) process.on(signal, () => resolve(undefined));
  whenNpmIsGone(() => resolve(undefined));
  process.on('uncaughtException', resolve);
  // A console that has gone away is no fault: the logs are in files.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return promise;
}
