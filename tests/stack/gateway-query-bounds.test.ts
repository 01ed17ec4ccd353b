/** How large a query may be: what is over is refused, and what an application asks for is not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

const ask = (query: string) => gateway.request(`/rest/v1/notes?${query}`);
const nested = (levels: number) =>
  `and=${'(and'.repeat(levels - 1)}(id.gt.0)${')'.repeat(levels - 1)}`;
const list = (count: number, one: (n: number) => string, separator = ',') =>
  Array.from({ length: count }, (_, n) => one(n)).join(separator);
/** notes(authors(notes(… */
const embedded = (levels: number) =>
  `select=id${list(levels, (n) => `,${n % 2 ? 'notes' : 'authors'}(id`, '')}${')'.repeat(levels)}`;

test.for<[string, string]>([
  ['101 filters', list(101, () => 'id=gt.0', '&')],
  ['101 conditions', `or=(${list(101, (n) => `id.eq.${n}`)})`],
  ['101 in both', `and=(${list(51, () => 'id.gt.0')})&${list(50, () => 'id=gt.0', '&')}`],
  ['nine levels of conditions', nested(9)],
  ['900 levels of conditions', nested(900)],
  ['nine levels of negated conditions', `not.${nested(9).replaceAll('(and', '(not.and')}`],
  ['nine levels of tables', embedded(9)],
  ['21 tables', `select=id,${list(21, (n) => `a${n}:authors(id)`)}`],
])('%s are refused', async ([, query]) => {
  const answer = await ask(query);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(await answer.json()).toMatchObject({
    code: 'query_too_large',
    message: expect.stringMatching(/^The query has more than \d+ /),
    hint: expect.any(String),
  });
});

test.for<[string, string]>([
  ['100 filters', list(100, () => 'id=gt.0', '&')],
  ['100 conditions', `or=(${list(100, (n) => `id.eq.${n}`)})`],
  ['eight levels of conditions', nested(8)],
  ['eight levels of tables', embedded(8)],
  ['a list of a thousand values', `id=in.(${list(1000, String)})`],
  [
    'lists of values among conditions',
    `or=(id.in.(${list(500, String)}),id.in.(${list(500, String)}))`,
  ],
  [
    'brackets and commas in quotes',
    `or=(id.gt.0,body.eq."${'and(('.repeat(20)}${','.repeat(200)}")`,
  ],
])('%s are answered', async ([, query]) => {
  const answer = await ask(query);
  expect([answer.status, (await answer.json()).length]).toEqual([200, 6]);
});

test('a function and a change are bounded alike', async () => {
  const filters = list(101, () => 'id=gt.0', '&');
  for (const [path, init] of [
    ['/rest/v1/rpc/all_notes', { method: 'POST', body: '{}' }],
    ['/rest/v1/notes', { method: 'PATCH', body: '{}' }],
  ] as const) {
    expect((await gateway.request(`${path}?${filters}`, init)).status).toBe(400);
  }
});
