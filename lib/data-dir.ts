import { join, resolve } from 'node:path';
import { ROOT } from './root.ts';

/** The absolute path of the folder that holds every byte of state: `STREAMBED_DATA_DIR`, else `.streambed`. */
export function readDataDir(env: NodeJS.ProcessEnv): string {
  return resolve(env.STREAMBED_DATA_DIR ?? join(ROOT, '.streambed'));
}
