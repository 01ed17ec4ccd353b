/**
 * Fan-out of Realtime: one message to 2,000 subscribers of a private topic, sent by a client and by SQL
 * (`realtime.send`, committed without `fsync`), beside the limit: a bare `ws` server that sends the
 * same bytes to as many sockets. Each server is a process of its own; all of them are asked in turn.
 *
 *   npm run bench -- realtime [--subscribers 2000] [--turns 40]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { encodeBroadcast } from '../stack/realtime/frames.ts';
import { startRealtime, type TestRealtime } from '../tests/support/realtime.ts';
import { Audience } from './realtime/audience.ts';
import { median } from './support/median.ts';
import { printTable } from './support/table.ts';

const WARM_UP = 5;
const PAYLOAD = { viewer_count: 1234, peak_viewers: 5678, at: '2026-01-01T00:00:00.000000+00:00' };

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    subscribers: { type: 'string', default: '2000' },
    turns: { type: 'string', default: '40' },
  },
});
const subscribers = Number(values.subscribers);
const turns = Number(values.turns);

interface Contender {
  readonly name: string;
  readonly audience: Audience;
  readonly send: () => unknown;
  readonly p50: number[];
  readonly p99: number[];
}

const contender = (name: string, audience: Audience, send: () => unknown): Contender => ({
  ...{ name, audience, send },
  ...{ p50: [], p99: [] },
});

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

async function takeTurn({ audience, send, p50, p99 }: Contender, counts: boolean): Promise<void> {
  const latencies = [...(await audience.hear(send))].sort((a, b) => a - b);
  if (!counts) return;
  p50.push(percentile(latencies, 0.5));
  p99.push(percentile(latencies, 0.99));
}

/** As a client joins, in version 2.0.0 of the protocol. */
const joining = (topic: string) =>
  JSON.stringify(['1', '1', `realtime:${topic}`, 'phx_join', { config: { private: true } }]);
const speech = (topic: string) => {
  const payload = { type: 'broadcast', event: 'viewers', payload: PAYLOAD };
  return JSON.stringify(['1', '2', `realtime:${topic}`, 'broadcast', payload]);
};

async function openContenders(
  realtime: TestRealtime,
  sql: Sql,
  barePort: number,
): Promise<Contender[]> {
  const { config, keys } = realtime.gateway;
  const query = `apikey=${keys.publishable}&vsn=2.0.0`;
  const open = (address: string, topic: string) =>
    Audience.open(`${address}/websocket?${query}`, subscribers, joining(topic));
  const [bare, direct, proxied] = await Promise.all([
    Audience.open(`http://127.0.0.1:${barePort}/`, subscribers),
    open(config.realtimeUrl, 'direct'),
    open(`${config.apiUrl}/realtime/v1`, 'proxied'),
  ]);
  const body = JSON.stringify(PAYLOAD);
  const frame = encodeBroadcast('realtime:direct', { event: 'viewers', body }, '2.0.0');
  const sendFromSql = () => sql`select realtime.send(${sql.json(PAYLOAD)}, 'viewers', 'direct')`;
  return [
    contender('ws alone', bare, () => bare.speak(frame as Buffer)),
    contender('from a client', direct, () => direct.speak(speech('direct'))),
    contender('from SQL', direct, sendFromSql),
    contender('from a client, through the gateway', proxied, () =>
      proxied.speak(speech('proxied')),
    ),
  ];
}

function print(contenders: readonly Contender[]): void {
  const [limit] = contenders;
  const share = (one: readonly number[], of: readonly number[] = []) =>
    median(one.map((value, turn) => (of[turn] as number) / value)).toFixed(2);
  const ms = (all: readonly number[]) => median(all).toFixed(1);
  printTable(
    `1 message to ${subscribers} subscribers`,
    ['p50 ms', 'p99 ms', 'limit/p50', 'limit/p99'],
    contenders.map(({ name, p50, p99 }) => [
      name,
      [ms(p50), ms(p99), share(p50, limit?.p50), share(p99, limit?.p99)],
    ]),
  );
}

const bareServer = spawn(process.execPath, [`${import.meta.dirname}/realtime/bare-server.ts`], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const realtime = await startRealtime({
  env: { STREAMBED_REALTIME_CONNECTIONS: String(2 * subscribers) },
});
/** Only what is written out is decoded, and the tests' server is in no hurry to. */
const sql = postgres(realtime.gateway.config.dbUrl, {
  max: 1,
  connection: { synchronous_commit: 'on' },
});
try {
  const [port] = await once(bareServer.stdout, 'data');
  await sql`
    create policy "all listen" on realtime.messages for select to anon using (true)`;
  await sql`
    create policy "all speak" on realtime.messages for insert to anon with check (true)`;
  const contenders = await openContenders(realtime, sql, Number(port));
  for (let turn = -WARM_UP; turn < turns; turn += 1) {
    for (const one of contenders) await takeTurn(one, turn >= 0);
  }
  print(contenders);
  for (const { audience } of contenders) audience.close();
} finally {
  bareServer.kill();
  await sql.end();
  await realtime.stop();
}
