/**
 * `npm run demo [-- broadcast|restream]`: shows the product end to end, with real video. Needs a
 * running stack; exits 1 with the name of the step that failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOk } from '../lib/probes.ts';
import { loadConfig } from '../stack/config.ts';
import { loadKeys } from '../stack/keys.ts';
import { demonstrateBroadcast } from './demo/broadcast.ts';
import { connect, type Demo } from './demo/client.ts';
import { demonstrateRestream } from './demo/restream.ts';
import { StepFailed } from './demo/steps.ts';

const STORIES: Readonly<Record<string, (demo: Demo) => Promise<void>>> = {
  broadcast: demonstrateBroadcast,
  restream: demonstrateRestream,
};

const config = loadConfig();

async function tell(story: (demo: Demo) => Promise<void>): Promise<number> {
  const { publishable, secret } = loadKeys(config.dataDir);
  const [user, viewer, backend] = [publishable, publishable, secret].map((key) =>
    connect(config.apiUrl, key),
  ) as [Demo['user'], Demo['viewer'], Demo['backend']];
  const folder = mkdtempSync(join(tmpdir(), 'streambed-demo-'));
  try {
    await story({ user, viewer, backend, folder });
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(name = 'broadcast'): Promise<number> {
  const story = STORIES[name];
  if (!story) {
    console.error(`There is no demo "${name}". Choose one of: ${Object.keys(STORIES).join(', ')}.`);
    return 1;
  }
  if (await answersOk(`${config.apiUrl}/health`)) return tell(story);
  console.error(
    `No stack is running at ${config.apiUrl}. Start one in another terminal: npm start`,
  );
  return 1;
}

process.exitCode = await main(process.argv[2]);
