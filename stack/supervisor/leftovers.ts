/** What a supervisor that was killed has left running. */
import { endProcess } from '../../lib/end-process.ts';
import { isAlive } from '../../lib/process-identity.ts';
import { readRunState, removeRunState } from './run-state.ts';

/**
 * Ends the services of the last run on this data folder that still run without their supervisor,
 * and forgets that run. Must only be called by the holder of the folder's lock.
 * @returns the names of the services that were ended
 * @throws Error naming the process that does not end
 */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  const services = readRunState(dataDir)?.services ?? [];
  const leftovers = services.filter(({ process }) => isAlive(process));
  await Promise.all(
    leftovers.map(async ({ name, process, ending }) => {
      if (!process || (await endProcess(process, ending))) return;
      throw new Error(
        `${name} of an earlier run does not end; end it yourself: kill -9 ${process.pid}`,
      );
    }),
  );
  removeRunState(dataDir);
  return leftovers.map(({ name }) => name);
}
