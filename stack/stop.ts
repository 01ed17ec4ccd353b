/** `npm run stop`: ends the stack on this data folder, and what a killed one left behind. */
import { loadConfig } from './config.ts';
import { stopRunning } from './supervisor/stop-running.ts';

try {
  console.log(await stopRunning(loadConfig().dataDir));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
