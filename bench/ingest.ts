/**
 * `begin_ingest` + `end_ingest` pairs per second beside the two bare statements that they cannot do
 * without (insert a session's row, mark it as left), in turn on one durable server.
 *
 *   npm run bench -- ingest [--connections 1,4,16 --turns 3 --seconds 3]
 */
import { randomUUID } from 'node:crypto';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { startScratchCluster } from '../tests/support/scratch-cluster.ts';
import { compare, type Work } from './support/compare.ts';
import { readPlan } from './support/plan.ts';

const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

interface Channel {
  readonly id: string;
  readonly key: string;
}

type Statements = (sql: Sql | TransactionSql, channel: Channel, round: number) => Promise<unknown>;

/** A user with one stream, for each connection. */
async function createChannels(sql: Sql, count: number): Promise<Channel[]> {
  const accounts = await sql`
    insert into auth.users (id, email)
    select gen_random_uuid(), n || '@bench.example' from generate_series(1, ${count}) as n
    returning id`;
  return Promise.all(
    accounts.map(async (account) => {
      const [stream] = await sql`
        insert into public.streams (user_id, title) values (${account.id}, 'bench') returning id`;
      const [made] = await sql`select private.create_stream_key(${stream?.id}) as stream_key`;
      return { id: stream?.id, key: made?.stream_key.split('?key=')[1] };
    }),
  );
}

const bare: Statements = async (sql, channel, round) => {
  const id = randomUUID();
  await sql`
    insert into public.bench_sessions (id, stream_id, media_server, publisher_id)
    values (${id}, ${channel.id}, 'bench', ${round})`;
  await sql`update public.bench_sessions set disconnected_at = now() where id = ${id}`;
};

const ingest: Statements = async (sql, channel, round) => {
  const publisher = `${channel.id}-${round}`;
  await sql`select public.begin_ingest(${channel.id}, ${channel.key}, 'bench', ${publisher})`;
  await sql`select public.end_ingest('bench', ${publisher})`;
};

const separately =
  (channels: Channel[], statements: Statements): Work =>
  (sql, worker, round) =>
    statements(sql, channels[worker] as Channel, round);

const together =
  (channels: Channel[], statements: Statements): Work =>
  (sql, worker, round) =>
    sql.begin((transaction) => statements(transaction, channels[worker] as Channel, round));

const plan = readPlan();
const cluster = await startScratchCluster({ settings: DURABLE });
try {
  await cluster.createMigrated('bench');
  const url = cluster.url('postgres', 'bench');
  const sql = postgres(url, { max: 4, onnotice() {} });
  await sql`
    create table public.bench_sessions (id uuid primary key, stream_id uuid not null, media_server text,
      publisher_id text, created_at timestamptz not null default now(), disconnected_at timestamptz)`;
  const channels = await createChannels(sql, Math.max(...plan.connections));
  await sql.end();
  for (const [title, run] of [
    ['begin_ingest + end_ingest against insert + update, each pair one transaction', together],
    ['the same, each statement a transaction', separately],
  ] as const) {
    await compare({
      title,
      url,
      plan,
      ours: run(channels, ingest),
      bare: run(channels, bare),
    });
  }
} finally {
  await cluster.stop();
}
