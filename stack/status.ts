/** `npm run status [-- --json]`: what runs on this data folder, asked of the services themselves. */
import { parseArgs } from 'node:util';
import { loadConfig } from './config.ts';
import { printStatus } from './status/print.ts';
import { readStatus } from './status/read.ts';

async function showStatus(): Promise<boolean> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const status = await readStatus(loadConfig());
  if (values.json) console.log(JSON.stringify(status, null, 2));
  else printStatus(status);
  return status.ready;
}

try {
  process.exit((await showStatus()) ? 0 : 1);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
