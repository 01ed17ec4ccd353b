/** Realtime: what `@supabase/realtime-js` talks to, behind the gateway. */
import postgres from 'postgres';
import { databaseUrl } from '../../lib/database-url.ts';
import { HOST } from '../../lib/host.ts';
import { loadConfig } from '../config.ts';
import { loadKeys } from '../keys.ts';
import { Addresses } from './addresses.ts';
import { Backlog } from './backlog.ts';
import { Changes } from './changes/changes.ts';
import { broadcastMessages } from './database-broadcasts.ts';
import { Identities } from './identity.ts';
import { keepPartitions } from './partitions.ts';
import { LogicalStream } from './replication/logical-stream.ts';
import { createRealtimeServer } from './server.ts';
import type { Services } from './services.ts';
import { Topics } from './topics.ts';
import { Turns } from './turns.ts';

const ROLE = 'supabase_realtime_admin';
const PROBE_SESSIONS = 5;
const CHANGE_SESSIONS = 3;

const log = (line: string) => console.error(`realtime: ${line.replaceAll('\n', ' ')}`);
const config = loadConfig();
const url = databaseUrl(config.ports.db, ROLE);
const openSessions = (max: number) =>
  postgres(url, {
    max,
    connect_timeout: 5,
    onnotice() {},
    connection: { application_name: 'streambed-realtime', statement_timeout: 10_000 },
  });
const sql = openSessions(PROBE_SESSIONS);
/** Apart, so that no join makes a change wait. */
const changesSql = openSessions(CHANGE_SESSIONS);
const turns = new Turns(PROBE_SESSIONS);
const topics = new Topics();
const backlog = new Backlog();
const messages = new LogicalStream({
  url,
  slot: 'supabase_realtime_messages_slot',
  publication: 'supabase_realtime_messages_publication',
  onTransaction: (transaction) => broadcastMessages(transaction, topics, backlog),
  log,
});
const changes = new Changes(changesSql, log);
const rows = new LogicalStream({
  url,
  slot: 'supabase_realtime_replication_slot',
  publication: 'supabase_realtime',
  onTransaction: (transaction) => changes.deliver(transaction),
  log,
});
const services: Services = {
  addresses: new Addresses(config.realtimeConnections),
  identities: new Identities(loadKeys(config.dataDir)),
  topics,
  backlog,
  changes,
  caughtUp: messages.caughtUp,
  ask: (whose, work) => turns.take(whose, () => work(sql)),
  log,
};
const server = createRealtimeServer(services, () => messages.isReady && rows.isReady);

server.http.on('error', (error) => {
  log(error.message);
  process.exit(1);
});
server.http.listen(config.ports.realtime, HOST, () => {
  console.log(`realtime: ${config.realtimeUrl}`);
});
messages.start();
rows.start();
const stopPartitions = keepPartitions(sql, log);

async function stop(): Promise<void> {
  stopPartitions();
  await Promise.all([messages.stop(), rows.stop()]);
  server.close();
  await Promise.all([sql, changesSql].map((pool) => pool.end({ timeout: 1 })));
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
