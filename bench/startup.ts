/**
 * Start-up of a whole stack, from `npm start` to the line that says it is ready: once on empty data
 * (cold), then five times on the same data (warm).
 *
 *   npm run bench -- startup
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '../lib/root.ts';
import { stopRunning } from '../stack/supervisor/stop-running.ts';
import { createStackPlace } from '../tests/support/stack-place.ts';
import { median } from './support/median.ts';

const WARM_STARTS = 5;

const place = await createStackPlace();

async function startAndStop(): Promise<number> {
  const start = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    env: place.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('is ready after')) break;
  }
  const seconds = (performance.now() - start) / 1000;
  if (!output.includes('is ready after')) throw new Error(`the stack did not start:\n${output}`);
  await stopRunning(place.config.dataDir);
  await closed;
  return seconds;
}

try {
  console.log(`cold  ${(await startAndStop()).toFixed(2)} s`);
  const warm: number[] = [];
  for (let run = 0; run < WARM_STARTS; run++) warm.push(await startAndStop());
  console.log(
    `warm  ${median(warm).toFixed(2)} s, median of ${warm.map((s) => s.toFixed(2)).join(', ')}`,
  );
} finally {
  await place.clear();
}
