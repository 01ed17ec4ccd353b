/** Changes of rows, to those who asked for them and may select the row. */
import type { RealtimePostgresChangesPayload, SupabaseClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignedUp } from '../support/gateway.ts';
import { Listener, startRealtime, type TestRealtime } from '../support/realtime.ts';

type Payload = RealtimePostgresChangesPayload<Record<string, unknown>>;

let realtime: TestRealtime;
let sql: Sql;
let ann: SignedUp;
let bob: SignedUp;

beforeAll(async () => {
  realtime = await startRealtime();
  sql = realtime.gateway.sql;
  [ann, bob] = [await realtime.gateway.signUp(), await realtime.gateway.signUp()];
  await sql`
    create table public.diary (
      id bigint generated always as identity primary key, owner uuid, body text, secret text,
      tags text[], data jsonb, price numeric(10, 2), at timestamptz, plain json)`;
  await sql`alter table public.diary enable row level security`;
  await sql`grant select (id, owner, body, tags, data, price, at) on public.diary to authenticated`;
  await sql`
    create policy own on public.diary for select to authenticated using (owner = (select auth.uid()))`;
  await sql`alter publication supabase_realtime add table public.diary, public.notes, public.vault`;
  await realtime.awaitReady();
});
afterAll(() => realtime?.stop());

class Watcher extends Listener {
  readonly changes: Payload[] = [];
  readonly said: string[] = [];

  constructor(client: SupabaseClient, name: string, filters: readonly Record<string, string>[]) {
    super(client.channel(name));
    this.channel.on('system', {}, ({ message }) => this.said.push(message));
    for (const filter of filters) {
      this.channel.on(
        'postgres_changes',
        { event: '*', schema: 'public', ...filter } as never,
        (payload: Payload) => this.changes.push(payload),
      );
    }
  }

  async ready(): Promise<this> {
    await this.subscribe();
    await this.until(() => this.said.length > 0);
    return this;
  }
}

let watchers = 0;
const watch = (client: SupabaseClient, ...filters: Record<string, string>[]) =>
  new Watcher(client, `changes ${++watchers}`, filters).ready();

test('only its owner sees a row, without the columns that it may not read', async () => {
  const own = await watch(ann.client, { table: 'diary' });
  const others = await watch(bob.client, { table: 'diary' });
  expect([own.said, others.said]).toEqual([
    ['Subscribed to PostgreSQL'],
    ['Subscribed to PostgreSQL'],
  ]);
  await sql`
    insert into public.diary (owner, body, secret, tags, data, price, at)
    values (${ann.id}, 'dear', 'no', '{a,"b c"}', '{"n": [1]}', 1.5, '2026-01-02 03:04:05+00')`;
  await sql`insert into public.diary (owner, body) values (${bob.id}, 'mine')`;
  await own.until(() => own.changes.length > 0);
  await others.until(() => others.changes.length > 0);
  expect(own.changes).toHaveLength(1);
  expect(own.changes[0]).toMatchObject({
    eventType: 'INSERT',
    schema: 'public',
    table: 'diary',
    errors: null,
    old: {},
  });
  expect(own.changes[0]?.new).toEqual({
    id: 1,
    owner: ann.id,
    body: 'dear',
    tags: ['a', 'b c'],
    data: { n: [1] },
    price: 1.5,
    at: '2026-01-02T03:04:05+00:00',
  });
  expect(others.changes.map((change) => (change.new as { body: string }).body)).toEqual(['mine']);
});

test('an update tells the row before as its replica identity gives it', async () => {
  const own = await watch(ann.client, { table: 'diary', event: 'UPDATE' });
  const [row] =
    await sql`insert into public.diary (owner, body) values (${ann.id}, 'a') returning id`;
  await sql`update public.diary set body = 'b' where id = ${row?.id}`;
  await sql`alter table public.diary replica identity full`;
  await sql`update public.diary set body = 'c' where id = ${row?.id}`;
  await own.until(() => own.changes.length === 2);
  const id = Number(row?.id);
  expect(own.changes[0]?.old).toEqual({});
  expect(own.changes[0]?.new).toMatchObject({ id, body: 'b' });
  expect(own.changes[1]?.old).toMatchObject({ id, body: 'b' });
  expect(own.changes[1]?.old).not.toHaveProperty('secret');
  await sql`alter table public.diary replica identity default`;
});

test('a deletion tells the key alone where row level security is on', async () => {
  const own = await watch(ann.client, { table: 'diary', event: 'DELETE' });
  await sql`alter table public.diary replica identity full`;
  const [row] =
    await sql`insert into public.diary (owner, body) values (${ann.id}, 'x') returning id`;
  await sql`delete from public.diary where id = ${row?.id}`;
  await own.until(() => own.changes.length === 1);
  expect(own.changes[0]).toMatchObject({
    eventType: 'DELETE',
    old: { id: Number(row?.id) },
    new: {},
  });
  expect(Object.keys(own.changes[0]?.old ?? {})).toEqual(['id']);
  await sql`alter table public.diary replica identity default`;
});

test.for([
  ['size=eq.5', [5]],
  ['size=neq.5', [1, 9]],
  ['size=lt.5', [1]],
  ['size=lte.5', [1, 5]],
  ['size=gt.5', [9]],
  ['size=gte.5', [5, 9]],
  ['size=in.(1,9)', [1, 9]],
  ['body=in.("a,b",c)', [5]],
] as const)('the filter %s', async ([filter, sizes]) => {
  const some = await watch(realtime.gateway.anon(), { table: 'notes', filter, event: 'INSERT' });
  const all = await watch(realtime.gateway.anon(), { table: 'notes', event: 'INSERT' });
  expect(some.said).toEqual(['Subscribed to PostgreSQL']);
  for (const [size, body] of [
    [1, 'a'],
    [5, 'a,b'],
    [9, 'd'],
    [null, 'e'],
  ] as const) {
    await sql`insert into public.notes (body, size) values (${body}, ${size})`;
  }
  await all.until(() => all.changes.length === 4);
  await some.until(() => some.changes.length >= sizes.length);
  expect(some.changes.map((change) => (change.new as { size: number }).size)).toEqual(sizes);
});

test('each listener of a channel hears what it asked for', async () => {
  const heard: string[] = [];
  const watcher = new Watcher(realtime.gateway.anon(), 'three', []);
  for (const filter of [
    { event: 'INSERT' },
    { event: 'DELETE' },
    { event: '*', filter: 'size=eq.77' },
  ]) {
    watcher.channel.on(
      'postgres_changes',
      { schema: 'public', table: 'notes', ...filter } as never,
      () => heard.push(filter.event),
    );
  }
  await watcher.ready();
  await sql`insert into public.notes (body, size) values ('a', 77), ('b', 78)`;
  await watcher.until(() => heard.length >= 3); // a row that is gone can be seen by nobody
  await sql`delete from public.notes where size = 78`;
  await watcher.until(() => heard.length >= 4);
  expect(heard).toEqual(['INSERT', '*', 'INSERT', 'DELETE']);
});

test('a hundred listeners of a channel hear each what it asked for', async () => {
  const filters = Array.from({ length: 100 }, (_, n) =>
    n % 2 ? { filter: `size=eq.${1_000 + n}` } : { filter: `size=in.(${1_000 + n},${2_000 + n})` },
  );
  const watcher = await watch(
    realtime.gateway.anon(),
    ...filters.map((filter) => ({ table: 'notes', ...filter })),
  );
  expect(watcher.said).toEqual(['Subscribed to PostgreSQL']);
  await sql`insert into public.notes (body, size) select 'n', 1000 + n from generate_series(0, 100) n`;
  await sql`insert into public.notes (body, size) values ('n', 2001), ('n', 2002)`;
  await watcher.until(() => watcher.changes.length >= 101);
  const sizes = watcher.changes.map((change) => (change.new as { size: number }).size);
  expect(sizes).toEqual([...Array.from({ length: 100 }, (_, n) => 1_000 + n), 2_002]);
});

test('a row that cannot be told is passed over, and the next one is told', async () => {
  const own = await watch(ann.client, { table: 'diary', event: 'INSERT' });
  for (const depth of [2_500, 4_000, 5_000, 6_000]) {
    await sql`
      insert into public.diary (owner, data)
      values (${ann.id}, (repeat('[', ${depth}) || repeat(']', ${depth}))::jsonb)`.catch(() => {});
  }
  await sql`insert into public.diary (owner, body) values (${ann.id}, 'after')`;
  await own.until(() => own.changes.some(({ new: row }) => 'body' in row && row.body === 'after'));
});

test('who may not read the table is told so, and nothing of the row', async () => {
  const anon = await watch(realtime.gateway.anon(), { table: 'vault' });
  await sql`insert into public.vault values (1, 'gold')`;
  await anon.until(() => anon.changes.length > 0);
  expect(anon.changes[0]).toMatchObject({ errors: ['Error 401: Unauthorized'], new: {} });
  expect(JSON.stringify(anon.changes)).not.toContain('gold');
});

test.for([
  [{ table: 'authors' }, 'public.authors is not in the publication'],
  [{ table: 'notes', filter: 'nothing=eq.1' }, 'invalid column for filter nothing'],
  [{ table: 'notes', filter: 'size=eq.many' }, 'invalid input syntax for type bigint'],
  [{ table: 'notes', filter: 'size=about.1' }, 'operators: eq, neq'],
  [{ table: 'notes', filter: `size=in.(${'1,'.repeat(100)}1)` }, 'more than 100 values'],
  [{ table: 'diary', filter: 'plain=eq.{}' }, 'operator does not exist: json = json'],
] as const)('%o is refused, with a reason', async ([filter, reason]) => {
  const watcher = await watch(realtime.gateway.anon(), filter);
  expect(watcher.said[0]).toContain(reason);
});

test('a publication that is made anew goes on', async () => {
  const anon = await watch(realtime.gateway.anon(), { table: 'notes', event: 'INSERT' });
  await sql`drop publication supabase_realtime`;
  await sql`insert into public.notes (body) values ('in between')`;
  await sql`create publication supabase_realtime for table public.notes`;
  await realtime.awaitReady();
  const insert = async () => {
    if (anon.changes.length === 0) await sql`insert into public.notes (body) values ('after')`;
  };
  const timer = setInterval(() => void insert(), 200);
  await anon.until(() => anon.changes.length > 0).finally(() => clearInterval(timer));
  expect(anon.changes[0]?.new).toMatchObject({ body: 'after' });
});
