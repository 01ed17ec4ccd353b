/**
 * `npm run demo [-- NAME]`: tells the story of `demo/stories/NAME.ts`, of a broadcast without a name, end to end
 * and with real video. Needs a running stack; exits 1 with the name of the step that failed.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOk } from '../lib/probes.ts';
import { loadConfig } from '../stack/config.ts';
import { loadKeys } from '../stack/keys.ts';
import { connect, type Demo } from './demo/client.ts';
import { StepFailed } from './demo/steps.ts';

type Story = (demo: Demo) => Promise<void>;

const STORIES = new URL('demo/stories/', import.meta.url);
const names = readdirSync(STORIES).map((file) => file.replace(/\.ts$/, ''));

const config = loadConfig();

async function tell(story: Story): Promise<number> {
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
  if (!names.includes(name)) {
    console.error(`There is no demo "${name}". Choose one of: ${names.join(', ')}.`);
    return 1;
  }
  const { default: story }: { default: Story } = await import(`${STORIES}${name}.ts`);
  if (await answersOk(`${config.apiUrl}/health`)) return tell(story);
  console.error(
    `No stack is running at ${config.apiUrl}. Start one in another terminal: npm start`,
  );
  return 1;
}

process.exitCode = await main(process.argv[2]);
