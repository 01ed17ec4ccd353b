/** What supabase-js users ask of tables: filters, embedding, writing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let author: SignedUp;

beforeAll(async () => {
  gateway = await startGateway();
  author = await gateway.signUp();
  await gateway.service().from('authors').insert({ id: author.id, name: 'cleo' });
});

afterAll(() => gateway?.stop());

const read = (table: 'notes' | 'authors') => gateway.anon().from(table);

describe('embedding', () => {
  test('many to one', async () => {
    const { data } = await read('notes').select('body, authors(*)').eq('id', 1).single();
    expect(data).toMatchObject({ body: 'note 1', authors: { name: 'ann', bio: 'writes' } });
  });

  test('one to many, with its own order and limit', async () => {
    const { data } = await read('authors')
      .select('name, notes(body)')
      .eq('name', 'bob')
      .order('id', { referencedTable: 'notes', ascending: false })
      .limit(2, { referencedTable: 'notes' })
      .single();
    expect(data).toEqual({ name: 'bob', notes: [{ body: 'note 6' }, { body: 'note 4' }] });
  });

  test('inner, filtered by the other table', async () => {
    const { data } = await read('notes')
      .select('body, writer:authors!inner(name)')
      .eq('writer.name', 'bob')
      .order('id')
      .limit(1);
    expect(data).toEqual([{ body: 'note 2', writer: { name: 'bob' } }]);
  });

  test('counted', async () => {
    const { data } = await read('authors').select('name, notes(count)').eq('name', 'ann').single();
    expect(data).toEqual({ name: 'ann', notes: [{ count: 3 }] });
  });
});

describe('filters', () => {
  const bodies = async (query: PromiseLike<{ data: { body: string }[] | null }>) =>
    (await query).data?.map(({ body }) => body);

  test('in, gt, like, or', async () => {
    const notes = () => read('notes').select('body').order('id');
    expect(await bodies(notes().in('id', [1, 2, 3]).gt('id', 1))).toEqual(['note 2', 'note 3']);
    expect(await bodies(notes().like('body', '%6'))).toEqual(['note 6']);
    expect(await bodies(notes().or('id.eq.1,and(id.gt.4,body.ilike.NOTE 5)'))).toEqual([
      'note 1',
      'note 5',
    ]);
  });

  test('the same operator for a column twice: each filter counts', async () => {
    const notes = () => read('notes').select('body').order('id').lt('id', 5);
    const left = ['note 3', 'note 4'];
    expect(await bodies(notes().neq('id', 1).neq('id', 2))).toEqual(left);
    expect(await bodies(notes().not('id', 'eq', 1).not('id', 'in', '(2,7)'))).toEqual(left);
    expect(await bodies(notes().like('body', 'n%').like('body', '%3'))).toEqual(['note 3']);
    const ofBob = read('notes').select('body, authors!inner()').order('id').lt('id', 5);
    expect(await bodies(ofBob.neq('authors.name', 'ann').neq('authors.name', 'x'))).toEqual([
      'note 2',
      'note 4',
    ]);
  });

  test('is null, and nulls in order', async () => {
    const { data } = await read('authors').select('name').is('bio', null).order('name').limit(1);
    expect(data).toEqual([{ name: 'bob' }]);
    const first = await read('authors').select('bio').order('bio', { nullsFirst: true }).limit(1);
    expect(first.data).toEqual([{ bio: null }]);
  });

  test('a column that does not exist is 400', async () => {
    const { status, error } = await read('notes').select('nonsense');
    expect([status, error?.code]).toEqual([400, '42703']);
  });
});

describe('writing', () => {
  const mine = () => author.client.from('notes');

  test('inserts one row and many, with and without giving them back', async () => {
    const one = await mine().insert({ author_id: author.id, body: 'mine' }).select().single();
    expect(one).toMatchObject({ status: 201, data: { body: 'mine', length: 4 } });
    const many = await mine().insert([
      { author_id: author.id, body: 'first' },
      { author_id: author.id, body: 'second', tags: ['x'] },
    ]);
    expect(many).toMatchObject({ status: 201, data: null });
  });

  test('updates only rows that the policies let through', async () => {
    const own = await mine().update({ body: 'changed' }).eq('body', 'mine').select('body');
    expect(own.data).toEqual([{ body: 'changed' }]);
    const foreign = await mine().update({ body: 'stolen' }).eq('id', 1).select();
    expect(foreign.data).toEqual([]);
    const counted = await mine()
      .update({ tags: [] }, { count: 'exact' })
      .eq('author_id', author.id);
    expect(counted).toMatchObject({ status: 204, count: 3 });
  });

  test('deletes only rows that the policies let through', async () => {
    const own = await mine().delete().eq('body', 'second').select('body');
    expect(own.data).toEqual([{ body: 'second' }]);
    expect((await mine().delete().eq('id', 1).select()).data).toEqual([]);
  });

  test('deletes only what passes each of two filters of a column', async () => {
    const rows = [{ body: 'kept one' }, { body: 'kept two' }, { body: 'gone' }];
    await mine().insert(rows.map((row) => ({ ...row, author_id: author.id, size: 7 })));
    const of = mine().delete().eq('size', 7).neq('body', 'kept one').neq('body', 'kept two');
    expect((await of.select('body')).data).toEqual([{ body: 'gone' }]);
  });

  test('refuses an unknown column and a generated one', async () => {
    const unknown = await mine().insert({ author_id: author.id, body: 'x', nope: 1 });
    expect([unknown.status, unknown.error?.code]).toEqual([400, 'PGRST204']);
    const generated = await mine().insert({ author_id: author.id, body: 'x', length: 1 });
    expect([generated.status, generated.error?.code]).toEqual([400, '428C9']);
  });

  test('upserts by primary key, by another key, and ignoring duplicates', async () => {
    const authors = () => gateway.service().from('authors');
    const id = author.id;
    const byId = await authors().upsert({ id, name: 'cleo', bio: 'one' }).select('bio').single();
    expect(byId.data).toEqual({ bio: 'one' });
    const byName = await authors()
      .upsert({ id, name: 'cleo', bio: 'two' }, { onConflict: 'name' })
      .select('bio');
    expect(byName.data).toEqual([{ bio: 'two' }]);
    await authors().upsert({ id, name: 'cleo', bio: 'three' }, { ignoreDuplicates: true });
    expect((await authors().select('bio').eq('id', id).single()).data).toEqual({ bio: 'two' });
  });
});
