/** The values of filters are read by the column's type, and never by what they look like. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareGateway, type TestGateway } from '../support/gateway.ts';

/** What is also JSON, a number, or a word of PostgREST's own. */
const TITLES = [
  'true',
  'False',
  'null',
  'not_null',
  'unknown',
  '1.50',
  '+5',
  '0x10',
  '1e3',
  '12345678901234567890',
  '{"a":1}',
  '{a,b}',
  '"quoted"',
  ' spaced ',
  'a\\b',
  '',
];

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await prepareGateway();
  await gateway.sql`
    create table public.samples (
      id bigint generated always as identity primary key, title text, tags text[], is_done boolean,
      price numeric, size bigint, data jsonb, day date, span int4range)`;
  await gateway.sql`grant select on public.samples to anon`;
  await gateway.sql`insert into samples (title) select unnest(${TITLES}::text[])`;
  await gateway.sql`
    insert into samples (tags, is_done, price, size, data, day, span)
    values (array['true', 'null', '1.50', 'plain'], true, 1.5, 9007199254740993,
      '{"word": "true", "flag": true, "n": 5}', '2026-01-02', '[1,10)')`;
  await gateway.start();
});

afterAll(() => gateway?.stop());

const samples = () => gateway.anon().from('samples').select('title');

/** What `or` takes in quotes alone. */
const reserved = /[,()"\\{}]|^\s|\s$|^$/;

describe('a text column', () => {
  test.for(TITLES)('eq and in find %j', async (title) => {
    expect(await samples().eq('title', title)).toMatchObject({ error: null, data: [{ title }] });
    const within = await samples().in('title', [title, 'nowhere']);
    if (!title.includes('"')) expect(within).toMatchObject({ error: null, data: [{ title }] });
  });

  test.for(TITLES.filter((title) => !reserved.test(title)))('or finds %j', async (title) => {
    const found = [{ title }];
    expect((await samples().or(`title.eq.nowhere,title.eq.${title}`)).data).toEqual(found);
    expect((await samples().or(`and(title.not.neq.${title},id.gt.0)`)).data).toEqual(found);
    expect((await samples().or(`id.lt.0,title.in.(nowhere,${title})`)).data).toEqual(found);
    if (title === 'null') return; // in an array it is one
    expect((await samples().filter('title', 'eq(any)', `{nowhere,${title}}`)).data).toEqual(found);
    expect((await samples().or(`title.eq(any).{nowhere,${title}}`)).data).toEqual(found);
  });

  test('a filter of an embedded table', async () => {
    await gateway.sql`update authors set bio = 'true' where name = 'bob'`;
    const { data } = await gateway
      .anon()
      .from('notes')
      .select('authors!inner(name)')
      .eq('authors.bio', 'true')
      .limit(1);
    expect(data).toEqual([{ authors: { name: 'bob' } }]);
  });

  test('neq leaves out what it names', async () => {
    const { data } = await samples().neq('title', 'true');
    expect(data).toHaveLength(TITLES.length - 1);
  });
});

const wide = () => gateway.anon().from('samples').select('id').eq('size', '9007199254740993');

describe('other columns', () => {
  test.for([
    ['is_done', 'eq', 'true'],
    ['is_done', 'neq', 'false'],
    ['is_done', 'in', '(true)'],
    ['price', 'eq', '1.50'],
    ['price', 'gt', '+1'],
    ['size', 'gte', '9007199254740993'],
    ['day', 'lt', '2026-01-03'],
    ['tags', 'cs', '{true,"null"}'],
    ['tags', 'cs', '{1.50,"plain"}'],
    ['tags', 'cd', '{true,"null",1.50,plain,more}'],
    ['tags', 'ov', '{null,true}'],
    ['tags', 'eq', '{true,"null",1.50,plain}'],
    ['data', 'cs', '{"flag":true}'],
    ['data', 'eq', '{"word":"true","flag":true,"n":5}'],
    ['data->>word', 'eq', 'true'],
    ['data->>flag', 'eq', 'true'],
    ['data->flag', 'eq', 'true'],
    ['data->n', 'gt', '4'],
    ['span', 'cs', '[2,5)'],
  ] as const)('%s %s %s', async ([column, operator, value]) => {
    const { data, error } = await wide().filter(column, operator, value);
    expect([error, data?.length]).toEqual([null, 1]);
  });

  test('a value that the type does not know is refused', async () => {
    const { status, error } = await samples().eq('size', 'null');
    expect([status, error?.code]).toEqual([400, '22P02']);
    const tooLong = await samples().eq('size', '12345678901234567890');
    expect([tooLong.status, tooLong.error?.code]).toEqual([400, '22003']);
  });

  test('what only looks like a filter within a value stays in it', async () => {
    const or = 'title.eq."x,title.eq.true)",title.in.(a.eq.b,"c,title.eq.null"),title.eq.+5';
    expect((await samples().or(or)).data).toEqual([{ title: '+5' }]);
  });
});
