/**
 * Viewers: beats a second through the function beside a trivial function in the same process, beside one
 * `UPDATE` a beat in Postgres, and the script by itself; what is written to Postgres a minute at 100
 * viewers and at 10,000 of the same streams.
 *
 *   npm run bench -- viewers [--viewers 10000] [--connections 16] [--turns 5] [--seconds 2]
 */
import { measureBeats } from './viewers/beats.ts';
import { gatherCrowd } from './viewers/crowd.ts';
import { readOptions } from './viewers/options.ts';
import { measureWrites } from './viewers/writes.ts';

const options = readOptions(process.argv.slice(3));
const crowd = await gatherCrowd();
try {
  const beats = await measureWrites(crowd, options);
  await measureBeats(crowd, beats, options);
} finally {
  await crowd.end();
}
