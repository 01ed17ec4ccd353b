/** After kill -9, of the supervisor or of everything, the next start finds all data and no ghosts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import postgres from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identifyProcess, isAlive } from '../../lib/process-identity.ts';
import { waitUntil } from '../../lib/wait.ts';
import { readRunState, writeRunState } from '../../stack/supervisor/run-state.ts';
import { runNode } from '../support/cli.ts';
import { processTree, survivors } from '../support/processes.ts';
import { startStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

async function withSql<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(stack.config.dbUrl, { max: 1, onnotice() {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const redisClient = () => createClient({ url: stack.config.redisUrl });

async function withRedis<T>(work: (client: ReturnType<typeof redisClient>) => Promise<T>) {
  const client = redisClient();
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

const remember = (what: string) =>
  Promise.all([
    withSql(async (sql) => {
      await sql`create table if not exists public.remembered (what text)`;
      await sql`insert into public.remembered values (${what})`;
    }),
    withRedis((client) => client.rPush('sb:{test}:remembered', what)),
  ]);

async function remembered(): Promise<{ inPostgres: string[]; inRedis: string[] }> {
  const rows = await withSql((sql) => sql`select what from public.remembered order by what`);
  const inRedis = await withRedis((client) => client.lRange('sb:{test}:remembered', 0, -1));
  return { inPostgres: rows.map(({ what }) => what), inRedis };
}

test('everything killed: a new start has all that was committed', async () => {
  const { keys } = stack;
  await remember('first');
  for (const { pid } of processTree(stack.process.pid)) process.kill(pid, 'SIGKILL');
  expect((await stack.status()).ready).toBe(false);
  await stack.startAgain();
  expect(await remembered()).toEqual({ inPostgres: ['first'], inRedis: ['first'] });
  expect(stack.keys).toEqual(keys);
});

test('only the supervisor killed: our own programs end by themselves', async () => {
  const own = ['gateway', 'functions', 'realtime', 'media', 'scheduler', 'worker'];
  const pids = await Promise.all(own.map((service) => stack.pidOf(service)));
  const identities = pids.map(identifyProcess);
  stack.process.signal('SIGKILL');
  const areGone = () => identities.every((identity) => !isAlive(identity));
  expect(await waitUntil(areGone, { timeoutMs: 60_000 })).toBe(true);
  expect((await stack.status()).ready).toBe(false);
});

test('the next start ends what is left, and keeps the data', async () => {
  const left = readRunState(stack.config.dataDir)?.services.flatMap(({ process }) => process ?? []);
  expect(survivors(left ?? []).length).toBeGreaterThan(0);
  await stack.startAgain();
  expect(stack.process.output()).toMatch(/ended what a killed stack had left running: .*postgres/);
  expect(survivors(left ?? [])).toEqual([]);
  expect(await remembered()).toEqual({ inPostgres: ['first'], inRedis: ['first'] });
});

test('npm run stop ends what a killed stack left running', async () => {
  const processes = processTree(stack.process.pid);
  stack.process.signal('SIGKILL');
  await stack.process.ended;
  const stop = await runNode(['stack/stop.ts'], stack.env);
  expect(stop.code).toBe(0);
  expect(stop.stdout).toContain('ended what an earlier one had left');
  expect(survivors(processes)).toEqual([]);
});

test('a process that merely got the number of an old service is left alone', async () => {
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(stranger, 'spawn');
  const ending = [['SIGKILL', 1_000]] as const;
  const recycled = { pid: stranger.pid as number, startedAt: 'at another time' };
  try {
    const service = { name: 'redis', process: recycled, ending, restarts: 0 };
    const supervisor = { pid: stranger.pid as number, startedAt: 'long ago' };
    const { config } = stack;
    writeRunState({ supervisor, phase: 'running', config, services: [service] });
    expect((await stack.status()).ready).toBe(false);
    await stack.startAgain();
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
  }
});
