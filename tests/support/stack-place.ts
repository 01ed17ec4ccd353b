/** Room for a stack of a test's own: ports that nobody else uses and an empty data folder. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type StackConfig } from '../../stack/config.ts';
import { stopRunning } from '../../stack/supervisor/stop-running.ts';
import { MANY_SIGN_INS } from './auth-limits.ts';
import { claimPortBase } from './port-base.ts';

export interface StackPlace {
  readonly config: StackConfig;
  /** For the stack itself and for every program that is to work with it. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends whatever runs there and deletes the data. */
  clear(): Promise<void>;
}

/** The environment without what would lead a stack to somebody else's services. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(STREAMBED_|REDIS_URL$|DATABASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * Claims ports and makes a data folder; starts nothing.
 * @param extra variables on top of the test's own environment
 */
export async function createStackPlace(extra: NodeJS.ProcessEnv = {}): Promise<StackPlace> {
  const ports = await claimPortBase();
  const dataDir = mkdtempSync(join(tmpdir(), 'streambed-stack-'));
  chmodSync(dataDir, 0o755); // as root, Postgres runs as another user
  const env = {
    ...ownEnvironment(),
    ...MANY_SIGN_INS,
    npm_lifecycle_event: 'test', // the stack then ends when the test's own process is killed
    STREAMBED_PORT_BASE: String(ports.base),
    STREAMBED_DATA_DIR: dataDir,
    ...extra,
  };
  const clear = async () => {
    await stopRunning(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
    ports.release();
  };
  return { config: loadConfig(env), env, clear };
}
