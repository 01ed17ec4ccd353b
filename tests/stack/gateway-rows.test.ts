/** How many rows a request gets, and how it learns of the rest. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.sql`
    insert into notes (author_id, body)
    select '00000000-0000-0000-0000-00000000000a', 'many ' || n from generate_series(1, 1500) as n`;
});

afterAll(() => gateway?.stop());

const notes = () => gateway.anon().from('notes');

test('no request gets more than max_rows of config.toml', async () => {
  expect((await notes().select('id')).data).toHaveLength(1000);
  expect((await notes().select('id').limit(1400)).data).toHaveLength(1000);
  expect((await notes().select('id').range(0, 1400)).data).toHaveLength(1000);
  expect((await gateway.anon().rpc('count_to', { n: 1200 })).data).toHaveLength(1000);
  const { data } = await gateway
    .anon()
    .from('authors')
    .select('notes(id)')
    .eq('name', 'ann')
    .single();
  expect(data?.notes).toHaveLength(1000);
});

test('the exact count is told beside a range', async () => {
  const { data, count, status } = await notes()
    .select('body', { count: 'exact' })
    .order('id')
    .range(2, 3);
  expect([status, count]).toEqual([206, 1506]);
  expect(data).toEqual([{ body: 'note 3' }, { body: 'note 4' }]);
});

test('the count alone is asked with HEAD', async () => {
  expect(await notes().select('*', { count: 'exact', head: true })).toMatchObject({
    count: 1506,
    data: null,
  });
  expect(
    await gateway.anon().rpc('squares', { n: 7 }, { count: 'exact', head: true }),
  ).toMatchObject({
    count: 7,
    data: null,
    error: null,
  });
});

test('a range beyond the end is refused', async () => {
  const { error, status } = await notes().select('*', { count: 'exact' }).range(5000, 5001);
  expect([status, error?.code]).toEqual([416, 'PGRST103']);
});

test('single() and maybeSingle() mean what they say', async () => {
  expect((await notes().select('id').eq('body', 'note 1').single()).data).toEqual({ id: 1 });
  const none = await notes().select('id').eq('body', 'nowhere').single();
  expect([none.status, none.error?.code]).toEqual([406, 'PGRST116']);
  expect(await notes().select('id').eq('body', 'nowhere').maybeSingle()).toMatchObject({
    data: null,
    error: null,
  });
  expect((await notes().select('id').single()).error?.code).toBe('PGRST116');
});
