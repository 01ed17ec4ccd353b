/** When the running stack is to end. */
import { onStopRequest } from '../lib/stop-request.ts';

/**
 * Resolves at the first request to end, to nothing, or at a fault in the supervisor itself, to that
 * fault; either way the services are to be stopped. Later requests change nothing.
 */
export function untilToldToStop(): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  onStopRequest(() => resolve(undefined));
  process.on('uncaughtException', resolve);
  return promise;
}
