/** Messages are kept by the day, and none is refused because its day has no partition. */
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

let cluster: ScratchCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await startScratchCluster();
  await cluster.createBootstrapped('project');
  const url = databaseUrl(cluster.port, 'supabase_realtime_admin', 'project');
  sql = postgres(url, { max: 1, onnotice() {} });
});
afterAll(async () => {
  await sql?.end();
  await cluster?.stop();
});

async function partitions(): Promise<string[]> {
  const rows = await sql`
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'realtime.messages'::regclass and c.relname <> 'messages_default' order by 1`;
  return rows.map(({ relname }) => relname);
}

const send = (age: string) => sql`
  insert into realtime.messages (topic, extension, event, payload, inserted_at)
  values ('a', 'broadcast', 'e', '{}', now() + ${age}::interval)`;

const whereMessagesAre = async () => {
  const rows =
    await sql`select tableoid::regclass::text as place from realtime.messages order by 1`;
  return rows.map(({ place }) => place.replace(/\d{4}_\d\d_\d\d/, 'day'));
};

test('there is one for each of the coming days', async () => {
  const [days] = await sql`
    select array(select 'messages_' || to_char(current_date + n, 'YYYY_MM_DD')
      from generate_series(-1, 4) n) as wanted`;
  expect(await partitions()).toEqual(days?.wanted);
});

test('a message of a day without one is kept, and moves when its day gets one', async () => {
  await send('6 days');
  expect(await whereMessagesAre()).toEqual(['realtime.messages_default']);
  await sql`select realtime.keep_partitions(7)`;
  expect(await whereMessagesAre()).toEqual(['realtime.messages_day']);
  expect(await partitions()).toHaveLength(9);
});

test('old days are dropped', async () => {
  await sql`delete from realtime.messages`;
  await send('0 days');
  await send('-9 days');
  await sql`select realtime.keep_partitions(4, -3)`;
  expect(await whereMessagesAre()).toEqual([]);
  expect(await partitions()).toHaveLength(5);
});

test('only Realtime may look after them', async () => {
  const asOwner = postgres(cluster.url('postgres', 'project'), { max: 1, onnotice() {} });
  const attempt = asOwner.begin(async (transaction) => {
    await transaction`set local role authenticated`;
    await transaction`select realtime.keep_partitions()`;
  });
  await expect(attempt).rejects.toMatchObject({ code: '42501' });
  await asOwner.end();
});
