/** What SQL sends reaches those who listen: once committed, and in order. */
import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
let sql: Sql;
beforeAll(async () => {
  realtime = await startRealtime();
  sql = realtime.gateway.sql;
  await sql`
    create policy "all listen" on realtime.messages for select to anon, authenticated using (true)`;
});
afterAll(() => realtime?.stop());

const privately = { config: { private: true } };

test('a message reaches a private topic, with the id that it was given', async () => {
  const listener = await listen(realtime.gateway.anon(), 'one', privately);
  expect(listener.states).toEqual(['SUBSCRIBED']);
  await sql`select realtime.send('{"n": 1}', 'counted', 'one')`;
  await listener.until(() => listener.heard.length > 0);
  const [message] = listener.heard;
  expect(message).toMatchObject({ event: 'counted', payload: { n: 1 } });
  const [row] = await sql`select id, payload from realtime.messages where topic = 'one'`;
  expect(message?.payload).toEqual(row?.payload);
  expect(message?.meta?.id).toBe(row?.id);
});

test('a public message reaches the public topic alone, a private one the private', async () => {
  const inPublic = await listen(realtime.gateway.anon(), 'both');
  const inPrivate = await listen(realtime.gateway.anon(), 'both', privately);
  await sql`select realtime.send('{"to": "private"}', 'said', 'both')`;
  await sql`select realtime.send('{"to": "public"}', 'said', 'both', false)`;
  await inPublic.until(() => inPublic.heard.length > 0);
  await inPrivate.until(() => inPrivate.heard.length > 0);
  await sql`select realtime.send('{"to": "end"}', 'said', 'both')`;
  await sql`select realtime.send('{"to": "end"}', 'said', 'both', false)`;
  await inPublic.until(() => inPublic.heard.length > 1);
  await inPrivate.until(() => inPrivate.heard.length > 1);
  expect(inPublic.payloads.map(({ to }) => to)).toEqual(['public', 'end']);
  expect(inPrivate.payloads.map(({ to }) => to)).toEqual(['private', 'end']);
});

test('messages come in the order of insertion, transactions in that of their commits', async () => {
  const listener = await listen(realtime.gateway.anon(), 'order', privately);
  const say = (from: Sql, word: string) =>
    from`select realtime.send(jsonb_build_object('word', ${word}::text), 'said', 'order')`;
  await sql.begin(async (late) => {
    await say(late as unknown as Sql, 'late 1');
    await sql.begin(async (early) => {
      for (const n of [1, 2, 3]) await say(early as unknown as Sql, `early ${n}`);
    });
    await say(late as unknown as Sql, 'late 2');
  });
  await listener.until(() => listener.heard.length === 5);
  expect(listener.payloads.map(({ word }) => word)).toEqual([
    'early 1',
    'early 2',
    'early 3',
    'late 1',
    'late 2',
  ]);
});

test('what was rolled back is not heard', async () => {
  const listener = await listen(realtime.gateway.anon(), 'regret', privately);
  const regretted = sql.begin(async (transaction) => {
    await transaction`select realtime.send('{"n": 1}', 'said', 'regret')`;
    throw new Error('regretted');
  });
  await expect(regretted).rejects.toThrow('regretted');
  await sql`select realtime.send('{"n": 2}', 'said', 'regret')`;
  await listener.until(() => listener.heard.length > 0);
  expect(listener.payloads).toMatchObject([{ n: 2 }]);
});

test('a trigger tells a row’s change', async () => {
  await sql`
    create function public.tell_authors() returns trigger language plpgsql security definer
    set search_path = '' as $$
    begin
      perform realtime.broadcast_changes('authors', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
      return null;
    end $$`;
  await sql`
    create trigger tell after insert or update or delete on public.authors
    for each row execute function public.tell_authors()`;
  const listener = await listen(realtime.gateway.anon(), 'authors', privately);
  const id = crypto.randomUUID();
  await sql`insert into public.authors (id, name) values (${id}, 'cleo')`;
  await sql`update public.authors set bio = 'sings' where id = ${id}`;
  await sql`delete from public.authors where id = ${id}`;
  await listener.until(() => listener.heard.length === 3);
  const before = { id, name: 'cleo', bio: null };
  const after = { ...before, bio: 'sings' };
  const table = { table: 'authors', schema: 'public' };
  expect(listener.payloads).toMatchObject([
    { ...table, operation: 'INSERT', record: before, old_record: null },
    { ...table, operation: 'UPDATE', record: after, old_record: before },
    { ...table, operation: 'DELETE', record: null, old_record: after },
  ]);
});

test('bytes arrive as bytes', async () => {
  const listener = await listen(realtime.gateway.anon(), 'bytes', privately);
  await sql`select realtime.send_binary('\\x00ff10', 'said', 'bytes')`;
  await listener.until(() => listener.heard.length > 0);
  expect([...new Uint8Array(listener.heard[0]?.payload as unknown as ArrayBuffer)]).toEqual([
    0, 255, 16,
  ]);
});

test('a message that cannot be sent fails nobody’s transaction', async () => {
  const [row] = await sql`select realtime.send('[1]', 'said', null), 1 as went_on`;
  expect(row?.went_on).toBe(1);
});
