/** The Data API notices changes of the schema without a restart. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

const statusOf = async (table: string) => (await gateway.service().from(table).select()).status;
const becomes = (table: string, status: number) =>
  waitUntil(async () => (await statusOf(table)) === status, { timeoutMs: 60_000 });

test('a new table is served, and no longer once it is dropped', async () => {
  expect(await statusOf('fresh')).toBe(404);
  await gateway.sql`create table public.fresh (id int primary key)`;
  await gateway.sql`grant select on public.fresh to service_role`;
  expect(await becomes('fresh', 200)).toBe(true);
  await gateway.sql`drop table public.fresh`;
  expect(await becomes('fresh', 404)).toBe(true);
});

test('a new column and a new function are served', async () => {
  await gateway.sql`alter table public.notes add column mood text default 'fine'`;
  await gateway.sql`
    create function public.newborn() returns int language sql stable as 'select 1'`;
  await gateway.sql`grant execute on function public.newborn() to anon`;
  const answers = async () => (await gateway.anon().rpc('newborn')).data === 1;
  expect(await waitUntil(answers, { timeoutMs: 60_000 })).toBe(true);
  const { data } = await gateway.anon().from('notes').select('mood').limit(1);
  expect(data).toEqual([{ mood: 'fine' }]);
});

test('notify pgrst, ‘reload schema’ is honoured, for changes that no trigger announces', async () => {
  const superuser = gateway.config.dbUrl.replace(
    'postgres:postgres@',
    'supabase_admin:supabase_admin@',
  );
  const { default: postgres } = await import('postgres');
  const sql = postgres(superuser, { max: 1, onnotice() {} });
  await sql`set event_triggers = off`;
  await sql`create table public.silent (id int primary key)`;
  await sql`grant select on public.silent to service_role`;
  await sql`notify pgrst, 'reload schema'`;
  await sql.end();
  expect(await becomes('silent', 200)).toBe(true);
});
