/** Values enter and leave the Data API in PostgREST's forms. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

async function roundTrip(column: string, value: unknown): Promise<unknown> {
  const notes = gateway.service().from('notes');
  const { data, error } = await notes
    .insert({ body: 'value', [column]: value })
    .select(column)
    .single();
  expect(error).toBeNull();
  return (data as unknown as Record<string, unknown>)[column];
}

test.for([
  ['timestamptz', 'seen_at', '2026-01-02 03:04:05.678+02', '2026-01-02T01:04:05.678+00:00'],
  ['date', 'day', '2026-02-03', '2026-02-03'],
  ['numeric', 'price', '12.50', 12.5],
  ['bigint', 'size', 9_007_199_254_740_991, 9_007_199_254_740_991],
  ['bytea', 'raw', '\\x00ff', '\\x00ff'],
  ['an array of text', 'tags', ['a', 'b c', 'd"e', 'f,g'], ['a', 'b c', 'd"e', 'f,g']],
  ['an empty array', 'tags', [], []],
  ['a JSON object', 'data', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
  ['a JSON array', 'data', [1, 'two'], [1, 'two']],
  ['a JSON number', 'data', 5, 5],
  ['a JSON text', 'data', 'plain', 'plain'],
  ['null', 'data', null, null],
] as const)('%s', async ([, column, given, expected]) => {
  expect(await roundTrip(column, given)).toEqual(expected);
});

describe('a JSON argument of a function', () => {
  test.for([
    [{ a: 1 }, 'object'],
    [[1, 2], 'array'],
    ['text', 'string'],
    [7, 'number'],
    [true, 'boolean'],
    [null, 'SQL null'],
  ] as const)('%j arrives as %s', async ([value, kind]) => {
    const { data, error } = await gateway.anon().rpc('kind_of', { value });
    expect(error).toBeNull();
    expect(data).toBe(kind);
  });
});

test('metadata of a user arrives in SQL as an object, which triggers read', async () => {
  const { id, client } = await gateway.signUp({ nickname: 'nick' });
  const [row] = await gateway.sql`
    select raw_user_meta_data ->> 'nickname' as nickname, raw_app_meta_data ->> 'provider' as provider
    from auth.users where id = ${id}`;
  expect(row).toEqual({ nickname: 'nick', provider: 'email' });
  const [identity] = await gateway.sql`
    select identity_data ->> 'sub' as sub, email is not null as has_email
    from auth.identities where user_id = ${id}`;
  expect(identity).toEqual({ sub: id, has_email: true });

  await client.auth.updateUser({ data: { nickname: 'changed' } });
  const [changed] = await gateway.sql`
    select raw_user_meta_data ->> 'nickname' as nickname from auth.users where id = ${id}`;
  expect(changed?.nickname).toBe('changed');
});
