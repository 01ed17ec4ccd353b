/** A worker on a real database: what it pushes, reports and prints. */
import { once } from 'node:events';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { decodeVideo } from '../../scripts/demo/ffmpeg.ts';
import { readFlv } from '../../scripts/demo/flv.ts';
import { FileServer } from '../support/file-server.ts';
import { RestreamPlace } from '../support/restream-place.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);

let place: RestreamPlace;
let worker: WorkerProcess;
beforeAll(async () => {
  place = await RestreamPlace.create();
  worker = await place.workers.start('one', {
    WORKER_CAPACITY: '2',
    NODE_EXTRA_CA_CERTS: fixture('localhost.crt'),
    // So rarely that whatever is seen in time was told by the database.
    WORKER_LEASE_SECONDS: '300',
    WORKER_RENEW_SECONDS: '150',
    WORKER_POLL_SECONDS: '300',
  });
});
afterAll(() => place?.close());

test('a video is pushed to its end, plays meanwhile, and its session is stopped', async () => {
  const id = await place.request('plain');
  expect(await place.awaitStatus(id, 'running')).toMatchObject({ error: null });
  const file = join(place.videos.folder, 'played.flv');
  writeFileSync(file, await readFlv(place.sink.flvUrl('plain'), 100_000, 30_000));
  await decodeVideo(file);
  expect(await place.awaitStatus(id, 'stopped')).toMatchObject({
    ...{ ended_reason: 'finished', exit_code: 0, error: null },
  });
  expect(place.sink.pushesOf('plain')).toHaveLength(1);
});

test('who stops a session stops the push, told by the database', async () => {
  const id = await place.request('stopped', { repeat: true });
  await place.awaitStatus(id, 'running');
  await place.askToStop(id);
  expect(await place.awaitStatus(id, 'stopped')).toMatchObject({ ended_reason: 'stopped' });
  const [push] = place.sink.pushesOf('stopped');
  await waitUntil(() => push?.closedAt !== null, { timeoutMs: 60_000 });
  expect(push?.closedAt).not.toBeNull();
  expect(worker.ffmpegs()).toEqual([]);
});

test('a source that can only be read from its beginning is repeated all the same', async () => {
  const file = await place.videos.make('h264-aac.ts', 2);
  const server = await FileServer.start((_request, response) => {
    response.writeHead(200);
    createReadStream(file).pipe(response);
  });
  const id = await place.request('again', { source: server.url('/live.ts'), repeat: true });
  await waitUntil(() => place.sink.pushesOf('again').length > 1, { timeoutMs: 60_000 });
  await place.sink.awaitPackets('again', 20);
  expect(place.sink.mostAtOnce('again')).toBe(1);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  server.stop();
});

test('a target over TLS is pushed to', async () => {
  const [key, cert] = [
    readFileSync(fixture('localhost.key')),
    readFileSync(fixture('localhost.crt')),
  ];
  const server = createServer({ key, cert }, (socket) => {
    const upstream = connect(place.sink.port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const id = await place.request('tls', {
    target: `rtmps://localhost:${port}/live/tls`,
    repeat: true,
  });
  await place.sink.awaitPackets('tls', 20);
  await place.askToStop(id);
  await place.awaitStatus(id, 'stopped');
  server.close();
});

test('no more sessions than there is room for are claimed', async () => {
  const ids = [];
  for (const name of ['full-1', 'full-2', 'full-3']) {
    ids.push(await place.request(name, { repeat: true }));
  }
  const [first = '', second = '', third = ''] = ids;
  await place.awaitStatus(first, 'running');
  await place.awaitStatus(second, 'running');
  expect(await place.session(third)).toMatchObject({ status: 'starting', worker_id: null });
  await place.askToStop(first);
  await place.awaitStatus(third, 'running');
  for (const id of [second, third]) await place.askToStop(id);
  for (const id of [second, third]) await place.awaitStatus(id, 'stopped');
});

test.each([
  ['the source has no such file', '/missing', 404, 'The source answered 404.'],
  ['the source is no video', '/page', 200, 'The source is no video file'],
])('%s: the session says so', async (_what, path, status, message) => {
  const server = await FileServer.start((_request, response) => {
    response.writeHead(status).end('<html>Hello</html>'.repeat(100));
  });
  const id = await place.request('none', { source: server.url(path) });
  const { error } = await place.awaitStatus(id, 'error');
  expect(error).toContain(message);
  expect(error).not.toContain(server.url(''));
  expect(error).not.toMatch(/http:\/\/127\.0\.0\.1/);
  server.stop();
});

test('a target that refuses the connection is named as the reason', async () => {
  const id = await place.request('refused', { target: 'rtmp://127.0.0.1:9/live/key-of-mine' });
  const { error } = await place.awaitStatus(id, 'error');
  expect(error).toContain('The RTMP server refused the connection.');
  expect(error).not.toContain('key-of-mine');
});

test('a target that ends the push is named, with what ffmpeg said', async () => {
  const id = await place.request('cut', { repeat: true });
  const push = await place.sink.awaitPackets('cut', 10);
  push.socket.destroy();
  const { error, exit_code } = await place.awaitStatus(id, 'error');
  expect(error).toContain('The RTMP server closed the connection.');
  expect(error?.split('\n').length).toBeGreaterThan(1);
  expect(exit_code).not.toBe(0);
});

test('keys and signatures are in nothing that is printed, reported or seen by others', async () => {
  const id = await place.request('never', {
    source: `${place.files.url('/plain.mp4')}?signature=hush-hush-source`,
    target: `${place.sink.url('hush-hush-key')}?token=hush-hush-token`,
    repeat: true,
  });
  const push = await place.sink.awaitPackets('hush-hush-key', 10);
  expect(push.query).toEqual({ token: 'hush-hush-token' });
  const commands = worker.ffmpegs().map(({ pid }) => `/proc/${pid}`);
  expect(commands).toHaveLength(1);
  if (process.platform === 'linux') {
    for (const folder of commands) {
      expect(readFileSync(`${folder}/cmdline`, 'utf8')).not.toContain('hush-hush');
      expect(readFileSync(`${folder}/environ`, 'utf8')).not.toMatch(/hush-hush|postgres:/);
    }
  }
  push.socket.destroy();
  const { error } = await place.awaitStatus(id, 'error');
  expect(error).not.toContain('hush-hush');
  expect(worker.output).not.toContain('hush-hush');
  expect(worker.output).not.toContain('key-of-mine');
});

test('the worker logs one line an event', () => {
  const lines = worker.output.trim().split('\n');
  for (const line of lines) expect(line).toMatch(/^(worker|session) /);
});
