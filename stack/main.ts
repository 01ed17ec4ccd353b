/** `npm start [-- --reset]`: runs the whole stack until Ctrl-C. */
import { parseArgs } from 'node:util';
import { bringUp, checkPorts } from './bring-up.ts';
import { claimDataDir } from './claim.ts';
import { closeDataDir } from './close-data-dir.ts';
import { loadConfig, type StackConfig } from './config.ts';
import { watchFunctions } from './functions-watch.ts';
import { loadKeys } from './keys.ts';
import { emptyData } from './reset.ts';
import { servicesInStages } from './services.ts';
import { printAddresses } from './status/print.ts';
import { addressesOf } from './status/read.ts';
import { untilToldToStop } from './stop-request.ts';
import { endLeftovers } from './supervisor/leftovers.ts';
import type { RunState } from './supervisor/run-state.ts';
import { Supervisor } from './supervisor.ts';

/** Since this process began. */
const elapsed = () => `${(performance.now() / 1000).toFixed(1)} s`;
const progress = (what: string) => console.log(`  ${elapsed().padStart(7)}  ${what}`);

function reportRunning({ supervisor, config, phase }: RunState, reset: boolean): number {
  const doing = phase === 'running' ? 'running' : phase;
  console.log(`The stack is already ${doing} on ${config.apiUrl} (pid ${supervisor.pid}).`);
  console.log('See it with: npm run status; end it with: npm run stop');
  if (reset) console.error('It was not reset: end it first.');
  return reset ? 1 : 0;
}

/** Everything that must be right before the first service starts. */
async function prepare(config: StackConfig, reset: boolean): Promise<void> {
  const ended = await endLeftovers(config.dataDir);
  if (ended.length > 0) progress(`ended what a killed stack had left running: ${ended.join(', ')}`);
  await checkPorts(config, progress);
  if (reset) emptyData(config.dataDir);
  if (!closeDataDir(config.dataDir)) {
    progress('the data folder holds other things as well: its permissions stay as they are');
  }
  loadKeys(config.dataDir);
}

async function superviseUntil(stop: Promise<unknown>, config: StackConfig): Promise<void> {
  const supervisor = new Supervisor({ config, stages: servicesInStages(config), say: progress });
  try {
    const up = bringUp(supervisor, config, progress).then(() => 'up');
    up.catch(() => {}); // once the stop has come first, it must fail
    if ((await Promise.race([up, stop])) === 'up') {
      console.log(`\nStreambed is ready after ${elapsed()}. Ctrl-C stops it.\n`);
      printAddresses(addressesOf(config));
      watchFunctions(supervisor, progress);
      await stop;
    }
    progress('stopping …');
  } finally {
    await supervisor.stop();
  }
  progress('stopped');
}

async function run(): Promise<number> {
  const stop = untilToldToStop();
  const { values } = parseArgs({ options: { reset: { type: 'boolean', default: false } } });
  const config = loadConfig();
  const claim = await claimDataDir(config.dataDir);
  if ('supervisor' in claim) return reportRunning(claim, values.reset);
  console.log(`Starting Streambed; its data is in ${config.dataDir}`);
  const prepared = prepare(config, values.reset).then(() => 'prepared');
  if ((await Promise.race([prepared, stop])) !== 'prepared') return 0;
  await superviseUntil(stop, config);
  const fault = await stop;
  if (!fault) return 0;
  console.error(fault);
  return 1;
}

try {
  process.exit(await run());
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
