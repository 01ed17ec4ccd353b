/** Functions answer through rpc() as they do on Supabase. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

const call = (name: string, args?: object, options?: object) =>
  gateway.anon().rpc(name, args, options);

test('void answers 204 without a body', async () => {
  expect(await call('nothing')).toMatchObject({ status: 204, data: null, error: null });
});

test('a scalar is the bare value', async () => {
  expect((await call('add', { a: 1, b: 2 })).data).toBe(3);
});

test('an argument with a default may be left out', async () => {
  expect((await call('add', { a: 1 })).data).toBe(11);
});

test('an argument may be named like a keyword', async () => {
  expect((await call('keyword_arguments', { position: 1, end: 2 })).data).toBe(12);
});

test('jsonb is the document', async () => {
  expect((await call('wrap', { value: { deep: [1] } })).data).toEqual({ value: { deep: [1] } });
});

test('setof a scalar is an array of values', async () => {
  expect((await call('count_to', { n: 3 })).data).toEqual([1, 2, 3]);
});

test('table columns are an array of objects', async () => {
  expect((await call('squares', { n: 2 })).data).toEqual([
    { i: 1, square: 1 },
    { i: 2, square: 4 },
  ]);
});

test('a row type is one object, and setof it can be filtered, ordered and embedded', async () => {
  expect((await call('one_note')).data).toMatchObject({ id: 1, body: 'note 1' });
  const { data } = await gateway
    .anon()
    .rpc('all_notes')
    .select('body, authors(name)')
    .in('body', ['note 2', 'note 3'])
    .order('id', { ascending: false });
  expect(data).toEqual([
    { body: 'note 3', authors: { name: 'ann' } },
    { body: 'note 2', authors: { name: 'bob' } },
  ]);
});

test('a row within a row is an object', async () => {
  const { data: note } = await gateway.anon().from('notes').select().eq('id', 2).single();
  const { data: author } = await gateway.anon().from('authors').select().eq('name', 'bob').single();
  expect(author).toMatchObject({ bio: null });
  const label = 'a "label", (odd)';
  expect((await call('annotate', { note_id: 2 })).data).toEqual({ note, author, label });
  const { data: chosen } = await gateway.anon().rpc('annotate', { note_id: 2 }).select('author');
  expect(chosen).toEqual({ author });
  await gateway.service().from('notes').insert({ body: 'anonymous' });
  const { data: last } = await gateway
    .anon()
    .from('notes')
    .select()
    .eq('body', 'anonymous')
    .single();
  expect((await call('annotate', { note_id: last?.id })).data).toEqual({
    note: last,
    author: null,
    label,
  });
});

test('an array of rows is one of objects', async () => {
  const both = [1, 2].map(async (id) => (await call('annotate', { note_id: id })).data);
  const expected = [...(await Promise.all(both)), null];
  expect((await call('annotate_all', { up_to: 3 })).data).toEqual(expected);
  expect((await call('annotate_all', { up_to: 0 })).data).toEqual([]);
  expect((await call('annotate_all', { up_to: null })).data).toBeNull();
});

test('so is one of a type that is newer than the sessions', async () => {
  await gateway.sql.unsafe(`
    create type public.pair as (a int, b text);
    create function public.pairs() returns public.pair[] language sql stable as $$
      select array[(1, 'one')::public.pair, (2, null)::public.pair] $$;
    grant execute on function public.pairs() to anon`);
  const pairs = [
    { a: 1, b: 'one' },
    { a: 2, b: null },
  ];
  let data: unknown;
  const isKnown = async () => {
    data = (await call('pairs')).data;
    return data !== null;
  };
  expect(await waitUntil(isKnown, { timeoutMs: 20_000 })).toBe(true);
  expect(data).toEqual(pairs);
});

test('{get: true} calls by GET, which may only read', async () => {
  expect((await call('add', { a: 2, b: 3 }, { get: true })).data).toBe(5);
  const args = { id: '00000000-0000-0000-0000-0000000000cc', name: 'by GET' };
  const write = await gateway.service().rpc('add_author', args, { get: true });
  expect([write.status, write.error?.code]).toEqual([405, '25006']);
  expect((await gateway.service().rpc('add_author', args)).data).toBe(args.id);
});

test('a call with wrong arguments is 404 with what was looked for', async () => {
  const { status, error } = await call('add', { a: 1, c: 2 });
  expect([status, error?.code]).toEqual([404, 'PGRST202']);
  expect(error?.message).toContain('add(a, c)');
});

test('an argument of the wrong type is 400', async () => {
  const { status, error } = await call('add', { a: 'one' });
  expect([status, error?.code]).toEqual([400, '22P02']);
});
