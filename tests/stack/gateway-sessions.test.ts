/** Sessions of the database are shared out: who takes all that one may have takes nobody else's. */
import type { ReservedSql } from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { type PlainAnswer, requestFrom } from '../support/client-address.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const PATIENCE = { timeoutMs: 60_000, intervalMs: 50 };
const [ATTACKER, ACCOMPLICE, BYSTANDER] = ['127.0.0.66', '127.0.0.67', '127.0.0.68'] as const;
const MOST_OF_ONE_ADDRESS = 4;
const ALL_OF_A_SHARE = 8;

let gateway: TestGateway;
let keeper: ReservedSql;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.sql.unsafe(`
    create function public.pass(gate int) returns text language sql as $$
      select 'passed' from pg_advisory_xact_lock_shared(gate)
    $$;
    grant execute on function public.pass to anon, authenticated;
    alter role anon set lock_timeout = '120s';
    alter role anon set statement_timeout = '120s';
    notify pgrst, 'reload config'`);
  const isPatient = async () =>
    (await gateway.anon().rpc('whoami')).data.statement_timeout === '2min';
  expect(await waitUntil(isPatient, PATIENCE)).toBe(true);
  keeper = await gateway.sql.reserve();
});

afterAll(async () => {
  keeper?.release();
  await gateway?.stop();
});

afterEach(() => keeper`select pg_advisory_unlock_all()`);

const closeGate = (gate: number) => keeper`select pg_advisory_lock(${gate})`;
const openGate = (gate: number) => keeper`select pg_advisory_unlock(${gate})`;

function call(from: string, rpc: string): Promise<PlainAnswer> {
  const headers = { apikey: gateway.keys.publishable };
  return requestFrom(from, `${gateway.config.apiUrl}/rest/v1/rpc/${rpc}`, headers);
}

/** Sends this many requests that a gate holds up, and collects their answers. */
function flood(from: string, count: number, gate: number) {
  const answers: PlainAnswer[] = [];
  const sent = Array.from({ length: count }, async () => {
    answers.push(await call(from, `pass?gate=${gate}`));
  });
  return { answers, done: Promise.all(sent) };
}

async function untilHeldUp(count: number): Promise<void> {
  const areHeldUp = async () => {
    const [row] = await keeper`
      select count(*)::int as sessions from pg_stat_activity
      where usename = 'streambed_gateway' and wait_event = 'advisory'`;
    return row?.sessions === count;
  };
  expect(await waitUntil(areHeldUp, PATIENCE)).toBe(true);
}

test('an address that takes all it may have holds up nobody else', async () => {
  const { email, password, client } = await gateway.signUp();
  await closeGate(1);
  const { answers, done } = flood(ATTACKER, 30, 1);
  await untilHeldUp(MOST_OF_ONE_ADDRESS);

  expect((await gateway.service().rpc('for_service')).data).toBe(1);
  expect((await client.rpc('add', { a: 1 })).data).toBe(11);
  const { error } = await gateway.anon().auth.signInWithPassword({ email, password });
  expect(error).toBeNull();
  expect(await call(BYSTANDER, 'add?a=1')).toMatchObject({ status: 200, body: '11' });

  const areRefused = async () => answers.length === 30 - MOST_OF_ONE_ADDRESS;
  expect(await waitUntil(areRefused, PATIENCE)).toBe(true);
  for (const { status, headers, body } of answers) {
    expect([status, headers['retry-after']]).toEqual([429, '3']);
    expect(JSON.parse(body)).toMatchObject({
      code: 'too_many_requests',
      hint: expect.stringContaining('Wait 3 seconds'),
    });
  }
  await openGate(1);
  await done;
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(MOST_OF_ONE_ADDRESS);
}, 90_000);

test('addresses that take a whole share hold up that share alone, which says 503', async () => {
  const { client } = await gateway.signUp();
  await closeGate(1);
  const floods = [flood(ATTACKER, 10, 1), flood(ACCOMPLICE, 10, 1)];
  await untilHeldUp(ALL_OF_A_SHARE);
  const { status, headers, body } = await call(BYSTANDER, 'add?a=1');
  expect([status, headers['retry-after'], JSON.parse(body).code]).toEqual([503, '3', 'PGRST003']);
  expect((await client.rpc('add', { a: 1 })).data).toBe(11);
  expect((await gateway.service().rpc('for_service')).data).toBe(1);
  await openGate(1);
  await Promise.all(floods.map(({ done }) => done));
  expect(await call(BYSTANDER, 'add?a=1')).toMatchObject({ status: 200 });
}, 90_000);

test('the operator is told once, however many are refused', () => {
  const lines = gateway.output.split('\n').filter((line) => line.includes('no session is free'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(ATTACKER);
  expect(gateway.output).not.toContain('POOL_EXHAUSTED');
});
