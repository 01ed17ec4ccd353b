/**
 * Viewers. What is written to Postgres a minute, at 100 viewers and at 10,000 of the same 50 streams; and
 * beats a second through the function, beside a trivial function of the same process, beside one
 * `UPDATE` a beat, and beside the Redis scripts by themselves.
 *
 *   npm run bench -- viewers [--viewers 10000] [--connections 16] [--turns 5] [--seconds 2] [--count-seconds 60]
 */
import { measureBeats } from './viewers/beats.ts';
import { openCrowd } from './viewers/crowd.ts';
import { readOptions } from './viewers/options.ts';
import { measureWrites } from './viewers/writes.ts';

const options = readOptions(process.argv.slice(3));
const crowd = await openCrowd();
try {
  const viewers = await measureWrites(crowd, options);
  await measureBeats(crowd, viewers, options);
} finally {
  await crowd.end();
}
