/** One stack per data folder, and what the commands say of a folder that has none yet. */
import { existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { readStatus } from '../../stack/status/read.ts';
import { runNode } from '../support/cli.ts';
import { createStackPlace, type StackPlace } from '../support/stack-place.ts';
import { spawnStack } from '../support/stack-process.ts';

let place: StackPlace;
beforeEach(async () => {
  place = await createStackPlace();
});
afterEach(() => place.clear());

test('of two starts at once one runs, and the other says so', async () => {
  const starts = [spawnStack(place.env), spawnStack(place.env)];
  const isReady = async () => (await readStatus(place.config)).ready;
  expect(await waitUntil(isReady, { timeoutMs: 60_000, intervalMs: 100 })).toBe(true);
  expect(await Promise.race(starts.map(({ ended }) => ended))).toBe(0);

  const running = starts.filter((start) => !start.hasEnded());
  const turnedAway = starts.filter((start) => start.hasEnded());
  expect(running).toHaveLength(1);
  expect(turnedAway[0]?.output()).toMatch(
    new RegExp(`already (starting|running) on .* \\(pid ${running[0]?.pid}\\)`),
  );
});

test('before the first start, status and stop know of no stack and make nothing', async () => {
  rmSync(place.config.dataDir, { recursive: true });
  const status = await runNode(['stack/status.ts', '--json'], place.env);
  expect(status.code).toBe(1);
  expect(JSON.parse(status.stdout)).toMatchObject({
    ready: false,
    api_url: place.config.apiUrl,
    publishable_key: null,
    secret_key: null,
  });
  const table = await runNode(['stack/status.ts'], place.env);
  expect(table.stdout).toBe('The stack is not running; start it with: npm start\n');
  const stop = await runNode(['stack/stop.ts'], place.env);
  expect(stop).toMatchObject({ code: 0, stdout: 'No stack is running.\n' });
  expect(existsSync(place.config.dataDir)).toBe(false);
});
