/** The gateway outlives its database: it says that it is away, and goes on when it is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway?.stop());

/** Without supabase-js, which asks again by itself when it is told 503. */
const read = () => gateway.request('/rest/v1/notes?select=id&limit=1');
const manyReads = () => Promise.all(Array.from({ length: 15 }, read));

test('kill -9 of Postgres, with requests under way, costs answers but not the gateway', async () => {
  const { pid } = gateway;
  await manyReads();
  const underWay = Array.from({ length: 5 }, () => gateway.service().rpc('wait', { seconds: 5 }));
  const [row] = await gateway.sql`select 1 as up`;
  expect(row?.up).toBe(1);
  process.kill(gateway.databasePid, 'SIGKILL');

  const cutOff = await Promise.all(underWay);
  expect(cutOff.every(({ status }) => status === 503)).toBe(true);
  const isDown = async () => (await read()).status === 503;
  expect(await waitUntil(isDown, { timeoutMs: 60_000 })).toBe(true);
  const away = await read();
  expect(away.headers.get('retry-after')).toBe('1');
  expect((await away.json()).code).toMatch(/^PGRST00[12]$/);
  expect((await fetch(`${gateway.config.apiUrl}/health`)).status).toBe(503);

  await gateway.startDatabase();
  const isBack = async () => (await read()).status === 200;
  expect(await waitUntil(isBack, { timeoutMs: 60_000 })).toBe(true);
  expect((await manyReads()).map(({ status }) => status)).toEqual(Array(15).fill(200));
  expect((await fetch(`${gateway.config.apiUrl}/health`)).status).toBe(200);
  expect(gateway.pid).toBe(pid);
});

test('whenever it happens, each request is answered, with its rows or with 503', async () => {
  for (let round = 0; round < 8; round += 1) {
    const underWay = Array.from({ length: 14 }, read);
    await sleep(round * 3); // each round another moment of the requests' way
    process.kill(gateway.databasePid, 'SIGKILL');
    const statuses = (await Promise.all(underWay)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await gateway.startDatabase();
    const isBack = async () => (await read()).status === 200;
    expect(await waitUntil(isBack, { timeoutMs: 60_000 })).toBe(true);
  }
});

test('changes of the schema are still noticed afterwards', async () => {
  await gateway.sql`create table public.afterwards (id int primary key)`;
  await gateway.sql`grant select on public.afterwards to anon`;
  const isServed = async () => (await gateway.anon().from('afterwards').select()).status === 200;
  expect(await waitUntil(isServed, { timeoutMs: 60_000 })).toBe(true);
});
