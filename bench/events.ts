/**
 * The event log: appends beside the bare insert of the same row, beside an append without the hash
 * chain, among many stored events and, where it is installed, beside message-db; reading and tailing.
 *
 *   npm run bench -- events [--stored 10000000] [--baseline 100000] [--turns 5] [--seconds 1]
 *                           [--server SUPERUSER_URL] [--message-db URL]
 */
import { measureAppends } from './events/appends.ts';
import { prepareDatabases } from './events/databases.ts';
import { readOptions } from './events/options.ts';
import { measureReads } from './events/reads.ts';
import { openServer } from './support/bench-server.ts';

const options = readOptions(process.argv.slice(3));
const server = await openServer(options.server);
try {
  const databases = await prepareDatabases(server, options);
  await measureReads(databases, options);
  await measureAppends(databases, options, { title: 'durable commits', synchronousCommit: 'on' });
  await measureAppends(databases, options, {
    title: 'synchronous_commit off',
    synchronousCommit: 'off',
  });
} finally {
  await server.stop();
}
