/** `npm run status [-- --json]`: what runs on this data folder, asked of the services themselves. */
import { parseArgs } from 'node:util';
import { loadConfig } from './config.ts';
import { printStatus } from './status/print.ts';
import { readStatus } from './status/read.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const status = await readStatus(loadConfig());
if (values.json) console.log(JSON.stringify(status, null, 2));
else printStatus(status);
process.exit(status.ready ? 0 : 1);
