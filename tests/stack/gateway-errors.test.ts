/** The database's refusals reach a client as PostgREST words them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let author: SignedUp;

beforeAll(async () => {
  gateway = await startGateway();
  author = await gateway.signUp();
  const { id } = author;
  const added = await gateway.service().from('authors').insert({ id, name: 'the author' });
  expect(added.error).toBeNull();
});

afterAll(() => gateway?.stop());

test.for([
  ['P0001', 400],
  ['P0002', 500],
  ['22023', 400],
  ['23502', 400],
  ['23503', 409],
  ['23505', 409],
  ['23514', 400],
  ['23P01', 400],
  ['25006', 405],
  ['28000', 403],
  ['40001', 500],
  ['40P01', 500],
  ['42501', 403],
  ['42P01', 404],
  ['42883', 404],
  ['53300', 503],
  ['55P03', 500],
  ['57014', 500],
  ['XX000', 500],
  ['0A000', 400],
  ['PT402', 402],
  ['PT404', 404],
  ['PT409', 409],
  ['PT410', 410],
] as const)('SQLSTATE %s is answered with %i and its four fields', async ([state, status]) => {
  const answer = await author.client.rpc('fail', { state });
  expect(answer.status).toBe(status);
  expect(answer.error).toMatchObject({
    code: state,
    message: 'refused',
    details: 'stable_code',
    hint: 'what to do',
  });
});

describe('a constraint', () => {
  const insert = (note: object) => author.client.from('notes').insert(note);

  test('check is answered with 400', async () => {
    const answer = await insert({ author_id: author.id, body: 'x'.repeat(41) });
    expect([answer.status, answer.error?.code]).toEqual([400, '23514']);
    expect(answer.error?.message).toContain('notes_body_check');
  });

  test('not null is answered with 400', async () => {
    const answer = await insert({ author_id: author.id });
    expect([answer.status, answer.error?.code]).toEqual([400, '23502']);
  });

  test('unique is answered with 409 and the key', async () => {
    const answer = await gateway.service().from('authors').insert({ id: author.id, name: 'other' });
    expect([answer.status, answer.error?.code]).toEqual([409, '23505']);
    expect(answer.error?.details).toContain(author.id);
  });

  test('foreign key is answered with 409', async () => {
    const author_id = '00000000-0000-0000-0000-0000000000ff';
    const answer = await gateway.service().from('notes').insert({ author_id, body: 'x' });
    expect([answer.status, answer.error?.code]).toEqual([409, '23503']);
  });
});

describe('what a client may not do', () => {
  test('a table without a grant is 401 for anonymous and 403 for a user', async () => {
    const anonymous = await gateway.anon().from('vault').select();
    expect([anonymous.status, anonymous.error?.code]).toEqual([401, '42501']);
    const user = await author.client.from('vault').select();
    expect([user.status, user.error?.code]).toEqual([403, '42501']);
    expect(user.error?.message).toBe('permission denied for table vault');
  });

  test('a function without a grant is 401 for anonymous and 403 for a user', async () => {
    expect((await gateway.anon().rpc('for_service')).status).toBe(401);
    expect((await author.client.rpc('for_service')).status).toBe(403);
    expect((await gateway.service().rpc('for_service')).data).toBe(1);
  });

  test('a row that the policies refuse is 403', async () => {
    const author_id = '00000000-0000-0000-0000-00000000000a';
    const answer = await author.client.from('notes').insert({ author_id, body: 'not mine' });
    expect([answer.status, answer.error?.code]).toEqual([403, '42501']);
  });

  test('a table or function that does not exist is 404', async () => {
    const table = await author.client.from('nowhere').select();
    expect([table.status, table.error?.code]).toEqual([404, 'PGRST205']);
    const call = await author.client.rpc('nothing_such');
    expect([call.status, call.error?.code]).toEqual([404, 'PGRST202']);
  });

  test('changing every row at once is refused, as on Supabase', async () => {
    const removal = await gateway.request('/rest/v1/notes', { method: 'DELETE' });
    expect(removal.status).toBe(400);
    expect(await removal.json()).toMatchObject({
      code: '21000',
      message: 'DELETE requires a WHERE clause',
    });
    const update = await gateway.request('/rest/v1/notes?select=id', {
      method: 'PATCH',
      body: '{"body":"x"}',
    });
    expect(await update.json()).toMatchObject({ message: 'UPDATE requires a WHERE clause' });
    const [row] =
      await gateway.sql`select count(*)::int as kept from notes where body like 'note %'`;
    expect(row?.kept).toBe(6);
  });
});

test('refusals stay out of the log', () => {
  expect(gateway.output).not.toContain('permission denied');
  expect(gateway.output).not.toContain('PT409');
});
