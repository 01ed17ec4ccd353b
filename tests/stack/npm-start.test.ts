/** The stack as npm starts it, between npm's own process and a shell's. */
import { spawn } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { waitUntil } from '../../lib/wait.ts';
import { readStatus } from '../../stack/status/read.ts';
import { processTree, survivors } from '../support/processes.ts';
import { createStackPlace, type StackPlace } from '../support/stack-place.ts';

let place: StackPlace;
beforeEach(async () => {
  place = await createStackPlace();
});
afterEach(() => place.clear());

/** `npm start` as a terminal runs it: as the leader of a process group. */
async function npmStart(): Promise<number> {
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: place.env,
    detached: true,
    stdio: 'ignore',
  });
  const isReady = async () => (await readStatus(place.config)).ready;
  expect(await waitUntil(isReady, { timeoutMs: 60_000, intervalMs: 100 })).toBe(true);
  return npm.pid as number;
}

test.each([
  ['Ctrl-C', (npm: number) => process.kill(-npm, 'SIGINT')],
  ['a SIGTERM to npm alone', (npm: number) => process.kill(npm, 'SIGTERM')],
])('%s leaves no process', async (_, end) => {
  const npm = await npmStart();
  const processes = processTree(npm);
  end(npm);
  const areGone = () => survivors(processes).length === 0;
  await waitUntil(areGone, { timeoutMs: 60_000 });
  expect(survivors(processes)).toEqual([]);
});
