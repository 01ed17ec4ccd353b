/** Workers whose way to the database is shut, silent, or carries no notices. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifyProcess } from '../../lib/process-identity.ts';
import { waitUntil } from '../../lib/wait.ts';
import { RestreamPlace } from '../support/restream-place.ts';
import { TcpGate } from '../support/tcp-gate.ts';

const LEASE = { WORKER_LEASE_SECONDS: '10', WORKER_CAPACITY: '1' };

let place: RestreamPlace;
let gate: TcpGate;
beforeAll(async () => {
  place = await RestreamPlace.create();
  gate = await TcpGate.start(Number(new URL(place.db.url).port));
});
afterAll(async () => {
  gate?.open();
  await place?.close();
  gate?.stop();
});

function throughGate(): string {
  const url = new URL(place.workers.databaseUrl);
  url.port = String(gate.port);
  return url.href;
}

describe('while the database is away', () => {
  test('a push goes on; with its lease it ends, and is taken up again afterwards', async () => {
    const worker = await place.workers.start('cut-off', {
      ...LEASE,
      WORKER_DATABASE_URL: throughGate(),
    });
    const id = await place.request('outage', { repeat: true });
    await place.awaitStatus(id, 'running');
    const push = await place.sink.awaitPackets('outage', 20);

    gate.shut();
    const { packets } = push;
    await worker.awaitOutput('renewal failed');
    await waitUntil(() => push.packets > packets + 20, { timeoutMs: 60_000 });
    expect(push.packets).toBeGreaterThan(packets + 20);
    await worker.awaitOutput('lost: its lease ran out');
    expect(worker.ffmpegs()).toEqual([]);

    gate.open();
    await place.awaitSession(id, (row) => row.status === 'running');
    await waitUntil(() => place.sink.pushesOf('outage').length > 1, { timeoutMs: 60_000 });
    expect(place.sink.mostAtOnce('outage')).toBe(1);
    expect(worker.output).toContain('attempt 2');
    await place.askToStop(id);
    await place.awaitStatus(id, 'stopped');
    worker.signal('SIGTERM');
    await worker.ended;
  });

  test('a short outage ends nothing, even one without a word', async () => {
    const worker = await place.workers.start('patient', {
      ...LEASE,
      WORKER_LEASE_SECONDS: '30',
      WORKER_DATABASE_URL: throughGate(),
    });
    const id = await place.request('short-outage', { repeat: true });
    await place.awaitStatus(id, 'running');
    gate.silence();
    await worker.awaitOutput('renewal failed');
    gate.open();
    await place.askToStop(id);
    expect(await place.awaitStatus(id, 'stopped')).toMatchObject({ ended_reason: 'stopped' });
    expect(place.sink.pushesOf('short-outage')).toHaveLength(1);
    worker.signal('SIGTERM');
    await worker.ended;
  });

  test('notices are heard again after their connection was cut', async () => {
    const worker = await place.workers.start('cut-notices', {
      WORKER_LEASE_SECONDS: '300',
      WORKER_RENEW_SECONDS: '150',
      WORKER_POLL_SECONDS: '300',
      WORKER_DATABASE_URL: throughGate(),
    });
    await worker.awaitOutput('hears the notices');
    gate.shut();
    gate.open();
    const id = await place.request('cut-notices', { repeat: true });
    await place.awaitStatus(id, 'running');
    await place.sink.awaitPackets('cut-notices', 20);
    await place.askToStop(id);
    await place.awaitStatus(id, 'stopped');
    worker.signal('SIGTERM');
    await worker.ended;
  });

  test('a worker that is told to go does not wait for it', async () => {
    const worker = await place.workers.start('impatient', {
      ...LEASE,
      WORKER_DATABASE_URL: throughGate(),
    });
    const id = await place.request('impatient', { repeat: true });
    await place.awaitStatus(id, 'running');
    const [{ pid } = { pid: 0 }] = worker.ffmpegs();
    gate.silence();
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(identifyProcess(pid)).toBeNull();
    gate.open();
    await place.askToStop(id);
  });

  test('a later signal ends it at once', async () => {
    const worker = await place.workers.start('hurried', {
      ...LEASE,
      WORKER_DATABASE_URL: throughGate(),
    });
    const id = await place.request('hurried', { repeat: true });
    await place.awaitStatus(id, 'running');
    const [{ pid } = { pid: 0 }] = worker.ffmpegs();
    gate.silence();
    for (const signal of ['SIGTERM', 'SIGTERM'] as const) worker.signal(signal); // as npm does
    await worker.awaitOutput('giving the sessions back');
    for (let times = 0; times < 10 && !worker.hasEnded; times += 1) {
      worker.signal('SIGINT');
      await sleep(250);
    }
    expect(await worker.ended).toBe(1);
    await waitUntil(() => identifyProcess(pid) === null, { timeoutMs: 60_000 });
    expect(identifyProcess(pid)).toBeNull();
    gate.open();
    await place.askToStop(id);
  });

  test('a worker starts, and works once the database is there', async () => {
    gate.shut();
    const worker = await place.workers.start('early', {
      ...LEASE,
      WORKER_DATABASE_URL: throughGate(),
    });
    await worker.awaitOutput('no session can be claimed');
    const id = await place.request('early');
    gate.open();
    await place.awaitStatus(id, 'running');
    await place.askToStop(id);
    await place.awaitStatus(id, 'stopped');
    worker.signal('SIGTERM');
    await worker.ended;
  });
});

test('without notices, as behind a transaction pooler, a worker asks', async () => {
  const elsewhere = new URL(place.workers.databaseUrl);
  elsewhere.pathname = '/postgres'; // notices stay within their database
  const worker = await place.workers.start('deaf', {
    ...LEASE,
    WORKER_LEASE_SECONDS: '300',
    WORKER_RENEW_SECONDS: '150',
    WORKER_LISTEN_URL: elsewhere.href,
  });
  const id = await place.request('deaf', { repeat: true });
  await place.awaitStatus(id, 'running');
  await worker.awaitOutput('hears no notices');
  let health: readonly Record<string, unknown>[] = [];
  await waitUntil(
    async () => {
      health = await place.db.asAdmin((sql) => sql`select * from public.get_stream_health(${id})`);
      return Number(health[0]?.fps) > 0; // the first reports come before the first frames
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
  const [{ fps, speed, bitrate_kbps: bitrate, out_seconds: seconds } = {}] = health;
  for (const figure of [fps, speed, bitrate, seconds]) expect(Number(figure)).toBeGreaterThan(0);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
});
