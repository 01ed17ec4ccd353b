/** Each request runs under its role's own limits, which SET ROLE alone would not apply. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

test('the limits are those of a Supabase project', async () => {
  const limitOf = async (client: ReturnType<TestGateway['anon']>) =>
    (await client.rpc('whoami')).data.statement_timeout;
  expect(await limitOf(gateway.anon())).toBe('3s');
  expect(await limitOf((await gateway.signUp()).client)).toBe('8s');
  expect(await limitOf(gateway.service())).toBe('8s');
});

test('a statement that takes too long is ended, for that role only, as soon as the limit changes', async () => {
  await gateway.sql`alter role anon set statement_timeout = '100ms'`;
  await gateway.sql`notify pgrst, 'reload config'`;
  const isEnded = async () =>
    (await gateway.anon().rpc('wait', { seconds: 0.5 })).error?.code === '57014';
  expect(await waitUntil(isEnded, { timeoutMs: 60_000 })).toBe(true);
  const { status, error } = await gateway.anon().rpc('wait', { seconds: 0.5 });
  expect([status, error?.message]).toEqual([500, 'canceling statement due to statement timeout']);
  const { client } = await gateway.signUp();
  expect((await client.rpc('wait', { seconds: 0.5 })).data).toBe('waited');
});

test('more requests at once than there are sessions all get an answer', async () => {
  const { client } = await gateway.signUp();
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => client.rpc('wait', { seconds: 0.05 })),
  );
  expect(answers.map(({ data }) => data)).toEqual(Array(40).fill('waited'));
  const [row] = await gateway.sql`
    select count(*)::int as sessions from pg_stat_activity where usename = 'streambed_gateway'`;
  expect(row?.sessions).toBeLessThanOrEqual(13);
});
