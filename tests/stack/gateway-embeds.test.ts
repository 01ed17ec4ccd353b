/** Embeddings of the product's own tables, as PostgREST answers them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let owner: SignedUp;

beforeAll(async () => {
  gateway = await startGateway({ content: 'product' });
  owner = await gateway.signUp();
  const { error } = await owner.client.rpc('create_stream', { title: 'Embedded' });
  expect(error).toBeNull();
  await gateway.sql`
    insert into public.stream_sessions (stream_id, user_id, kind, status)
    select id, user_id, 'ingest', 'stopped' from public.streams, generate_series(1, 2)`;
});

afterAll(() => gateway?.stop());

const streams = (select: string) => owner.client.from('streams').select(select).single();

test('a stream has as many sessions as there are: a partial unique index makes none the only one', async () => {
  const { data, error } = await streams('title, stream_sessions(status)');
  expect(error).toBeNull();
  const stopped = { status: 'stopped' };
  expect(data).toEqual({ title: 'Embedded', stream_sessions: [stopped, stopped] });
});

test('a stream has one owner, though other tables join streams with users', async () => {
  const { email } = owner;
  const { data, error } = await streams('title, users(email)');
  expect(error).toBeNull();
  expect(data).toEqual({ title: 'Embedded', users: { email } });
});

test('so it is for an alias, an inner embedding, a filter and an embedding within another', async () => {
  const { email } = owner;
  const { data, error } = await owner.client
    .from('stream_sessions')
    .select('status, stream:streams!inner(title, owner:users!inner(email)), users(email)')
    .eq('stream.owner.email', email)
    .limit(1)
    .single();
  expect(error).toBeNull();
  const stream = { title: 'Embedded', owner: { email } };
  expect(data).toEqual({ status: 'stopped', stream, users: { email } });
});

test('an embedding by two foreign keys is refused as ambiguous, and served once one is named', async () => {
  const requests = (select: string) => owner.client.from('stream_requests').select(select);
  expect((await requests('users(email)')).error?.code).toBe('PGRST201');
  expect((await requests('users!stream_requests_user_id_fkey(email)')).error).toBeNull();
});

test('a one-to-one relationship by the primary key is an object', async () => {
  const { data, error } = await owner.client.from('users').select('email, profiles(*)').single();
  expect(error).toBeNull();
  expect(data).toMatchObject({ email: owner.email, profiles: { id: owner.id } });
});
