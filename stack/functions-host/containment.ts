/** Keeps what goes wrong inside one function from ending the process that all of them share. */

/** Writes an error with its stack to the log, under a name that finds it. */
export function logError(what: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`${what}: ${text}`);
}

/**
 * From here on an error that nobody catches (in a timer, in a promise that nobody awaits) is logged,
 * and `Deno.exit` throws; the process goes on. Returns the real `exit` for the host's own use.
 */
export function containFailures(): (code: number) => never {
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    logError('unhandled rejection in the background', event.reason);
  });
  addEventListener('error', (event) => {
    event.preventDefault();
    logError('uncaught error in the background', event.error);
  });
  const exit = Deno.exit;
  Deno.exit = () => {
    throw new Error('Deno.exit is not available in a function');
  };
  return exit;
}
