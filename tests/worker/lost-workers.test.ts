/** Workers that are killed, frozen or told to go in mid-stream. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { processTree, survivors } from '../support/processes.ts';
import { RestreamPlace } from '../support/restream-place.ts';

/** The shortest lease there is. */
const LEASE = { WORKER_LEASE_SECONDS: '10', WORKER_CAPACITY: '1' };

let place: RestreamPlace;
beforeAll(async () => {
  place = await RestreamPlace.create();
});
afterAll(() => place?.close());

/** Workers are known in the database by their id and a part of their own. */
const isOf = (worker: string) => (row: { worker_id: string | null; status: string }) =>
  row.status === 'running' && row.worker_id?.split('#')[0] === worker;

test('killed with -9: its ffmpeg ends, another worker takes over, never two pushes at once', async () => {
  const first = await place.workers.start('killed', LEASE);
  const id = await place.request('killed', { repeat: true });
  await place.awaitSession(id, isOf('killed'));
  const second = await place.workers.start('heir', LEASE);
  await place.sink.awaitPackets('killed', 20);
  const ffmpegs = first.ffmpegs();
  expect(ffmpegs).toHaveLength(1);

  first.signal('SIGKILL');
  await place.awaitSession(id, isOf('heir'));
  expect(survivors(ffmpegs)).toEqual([]);
  await place.sink.awaitPackets('killed', 20);
  expect(place.sink.pushesOf('killed').length).toBeGreaterThan(1);
  expect(place.sink.mostAtOnce('killed')).toBe(1);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('frozen beyond its lease: it pushes nothing more when it goes on', async () => {
  const first = await place.workers.start('frozen', LEASE);
  const id = await place.request('frozen', { repeat: true });
  await place.awaitSession(id, isOf('frozen'));
  const push = await place.sink.awaitPackets('frozen', 20);
  first.signal('SIGSTOP');
  const second = await place.workers.start('fresh', LEASE);
  await place.awaitSession(id, ({ worker_id }) => worker_id?.startsWith('fresh#') ?? false);

  // The frozen one's connection is still open, so the server may refuse the new one for now.
  const packets = push.packets;
  first.signal('SIGCONT');
  await first.awaitOutput('lost: its lease ran out');
  await waitUntil(() => push.closedAt !== null, { timeoutMs: 60_000 });
  expect(push.closedAt).not.toBeNull();
  expect(push.packets).toBe(packets);
  await place.awaitSession(id, isOf('fresh'));
  await waitUntil(() => place.sink.pushesOf('frozen').at(-1) !== push, { timeoutMs: 60_000 });
  await place.sink.awaitPackets('frozen', 20);
  expect(place.sink.mostAtOnce('frozen')).toBe(1);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  for (const worker of [first, second]) worker.signal('SIGTERM');
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
});

test('told to go: it gives its session back, and another takes it at once', async () => {
  const first = await place.workers.start('leaving', { ...LEASE, WORKER_LEASE_SECONDS: '300' });
  const id = await place.request('leaving', { repeat: true });
  await place.awaitSession(id, isOf('leaving'));
  const second = await place.workers.start('staying', LEASE);
  await place.sink.awaitPackets('leaving', 20);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  await place.awaitSession(id, isOf('staying'));
  await place.sink.awaitPackets('leaving', 20);
  expect(place.sink.mostAtOnce('leaving')).toBe(1);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  second.signal('SIGTERM');
  await second.ended;
});

test('a worker ends what its killed predecessor has left running', async () => {
  const first = await place.workers.start('heritage', LEASE);
  const id = await place.request('heritage', { repeat: true });
  await place.awaitSession(id, isOf('heritage'));
  const ffmpegs = first.ffmpegs();
  for (const { pid } of ffmpegs) process.kill(pid, 'SIGSTOP'); // so that it does not end by itself
  first.signal('SIGKILL');
  await first.ended;
  expect(survivors(ffmpegs)).toHaveLength(1);

  const second = await place.workers.start('heritage', LEASE);
  expect(second.output).toContain('ended 1 ffmpeg(s)');
  expect(survivors(ffmpegs)).toEqual([]);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  second.signal('SIGTERM');
  await second.ended;
});

test('a worker whose npm is ended gives its session back, and ends', async () => {
  const env = { ...LEASE, WORKER_LEASE_SECONDS: '300', npm_lifecycle_event: 'worker' };
  const shell = await place.workers.startInShell('npm', env);
  const id = await place.request('npm', { repeat: true });
  await place.awaitSession(id, isOf('npm'));
  const tree = processTree(shell.pid);
  shell.signal('SIGKILL');
  await waitUntil(() => survivors(tree).length === 0, { timeoutMs: 60_000 });
  expect(survivors(tree)).toEqual([]);
  expect(await place.session(id)).toMatchObject({ status: 'starting', worker_id: null });
  await place.askToStop(id);
});

test('of two workers with one id on one machine the second is refused', async () => {
  await place.workers.start('twin', LEASE);
  const second = place.workers.spawn('twin', LEASE);
  expect(await second.ended).toBe(1);
  expect(second.output).toContain('give each its own WORKER_ID');
});
