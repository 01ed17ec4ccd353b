/**
 * The docker driver. Against this machine's Engine where TEST_DOCKER_IMAGE names an image with ffmpeg that it has;
 * else against a server that answers as the documentation of the Engine's API says.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { describeContainer, MACHINE, WORKER_LABEL } from '../../worker/drivers/docker/container.ts';
import { Engine } from '../../worker/drivers/docker/engine.ts';
import { readEngineAddress, type TlsFiles } from '../../worker/drivers/docker/engine-address.ts';
import { ContainerOutput } from '../../worker/drivers/docker/output.ts';
import { startTestEngine, type TestEngine } from '../support/docker.ts';
import { frame } from '../support/engine-double.ts';
import { RestreamPlace } from '../support/restream-place.ts';

const CONTAINER = {
  ...{ image: 'ffmpeg:test', network: 'bridge', relayHost: MACHINE, workerId: 'w', sessionId: 's' },
  ...{ args: ['-i', 'http://relay/token'], memoryMb: 512, cpus: 2 },
};

describe('a worker with the docker driver', () => {
  let place: RestreamPlace;
  let docker: TestEngine;
  beforeAll(async () => {
    place = await RestreamPlace.create();
    docker = await startTestEngine();
  });
  afterAll(async () => {
    await place?.close();
    docker?.stop();
  });

  const containers = (worker: string) => docker.engine.list([`${WORKER_LABEL}=${worker}`]);
  const containerId = async (id: string) => {
    const [row] = await place.db.sql`
      select container_id from public.stream_sessions where id = ${id}`;
    return row?.container_id;
  };

  test('pushes from a container, tells its id, stops it and removes it', async () => {
    const worker = await place.workers.start('boxed', docker.env);
    const id = await place.request('boxed', { repeat: true });
    await place.awaitStatus(id, 'running');
    await place.sink.awaitPackets('boxed', 50);
    const [running] = await containers('boxed');
    expect(await containerId(id)).toBe(running?.Id);
    expect(worker.ffmpegs()).toEqual([]);
    await place.askToStop(id);
    expect(await place.awaitStatus(id, 'stopped')).toMatchObject({ ended_reason: 'stopped' });
    await waitUntil(async () => (await containers('boxed')).length === 0, { timeoutMs: 60_000 });
    expect(await containers('boxed')).toEqual([]);
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  test('tells how a video ended, and why one cannot be read', async () => {
    const worker = await place.workers.start('ending', docker.env);
    await place.videos.plain(2, 'short.mp4');
    const good = await place.request('ending', { source: place.files.url('/short.mp4') });
    expect(await place.awaitStatus(good, 'stopped')).toMatchObject({ exit_code: 0 });
    writeFileSync(join(place.videos.folder, 'text.mp4'), 'no video');
    const bad = await place.request('text', { source: place.files.url('/text.mp4') });
    expect((await place.awaitStatus(bad, 'error')).error).toContain('is no video file');
    worker.signal('SIGTERM');
    await worker.ended;
  });

  test('removes what its killed predecessor has left', async () => {
    const first = await place.workers.start('orphan', docker.env);
    const id = await place.request('orphan', { repeat: true });
    await place.awaitStatus(id, 'running');
    await place.sink.awaitPackets('orphan', 20);
    first.signal('SIGKILL');
    await first.ended;
    expect(await containers('orphan')).toHaveLength(1);
    const push = place.sink.pushesOf('orphan')[0];
    await waitUntil(() => push?.closedAt !== null, { timeoutMs: 60_000 });
    expect(push?.closedAt, 'its relays died with it').not.toBeNull();
    const second = await place.workers.start('orphan', docker.env);
    expect(second.output).toContain('ended 1 ffmpeg(s)');
    await place.askToStop(id);
    second.signal('SIGTERM');
    await second.ended;
  });

  test('tells the containers nothing that is secret', () => {
    if (!docker.double) return;
    expect(docker.double.created.length).toBeGreaterThan(0);
    const told = JSON.stringify(docker.double.created);
    for (const secret of ['boxed', 'short.mp4', 'postgres:', String(place.sink.port)]) {
      expect(told).not.toContain(`/${secret}`);
    }
  });

  test.each([
    [{ WORKER_IMAGE: '' }, 'WORKER_IMAGE must name an image'],
    [{ WORKER_IMAGE: 'nobody/has-this:1' }, 'docker pull nobody/has-this:1'],
    [{ DOCKER_HOST: 'unix:///nowhere/docker.sock' }, 'start it, or set DOCKER_HOST'],
    [{ DOCKER_HOST: 'ssh://host' }, 'DOCKER_HOST must look like'],
    [{ DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/no' }, '/no/ca.pem'],
  ])('does not start with %j, and says what to do', async (env, message) => {
    const worker = place.workers.spawn('wrong', { ...docker.env, ...env });
    expect(await worker.ended).toBe(1);
    expect(worker.output).toContain(message);
  });
});

test('a container may do little', () => {
  expect(describeContainer(CONTAINER)).toMatchObject({
    Entrypoint: ['ffmpeg'],
    Cmd: CONTAINER.args,
    User: '65534:65534',
    Labels: { 'streambed.worker': 'w', 'streambed.session': 's' },
    HostConfig: {
      ...{ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] },
      ...{ Memory: 512 * 1024 * 1024, NanoCpus: 2e9, AutoRemove: false },
      ExtraHosts: ['host.docker.internal:host-gateway'],
    },
  });
  const { HostConfig } = describeContainer({ ...CONTAINER, relayHost: 'worker' });
  expect(HostConfig).not.toHaveProperty('ExtraHosts');
  for (const risky of ['Privileged', 'Binds', 'Mounts', 'Devices', 'CapAdd']) {
    expect(HostConfig).not.toHaveProperty(risky);
  }
});

test('the two streams of a container come apart, wherever they are cut', () => {
  const bytes = Buffer.concat([
    frame(1, Buffer.from('frame=1\nfps=')),
    frame(2, Buffer.from('Error: öh\n')),
    frame(1, Buffer.from('25\n')),
    frame(2, Buffer.from('last words')),
  ]);
  for (const step of [1, 7, bytes.length]) {
    const [stdout, stderr]: string[][] = [[], []];
    const output = new ContainerOutput(
      (line) => stdout?.push(line),
      (line) => stderr?.push(line),
    );
    for (let at = 0; at < bytes.length; at += step) output.write(bytes.subarray(at, at + step));
    output.end();
    expect(stdout).toEqual(['frame=1', 'fps=25']);
    expect(stderr).toEqual(['Error: öh', 'last words']);
  }
});

describe('where the Engine is', () => {
  test.each([
    [{}, { socketPath: '/var/run/docker.sock' }],
    [
      { DOCKER_HOST: 'unix:///run/user/1000/docker.sock' },
      { socketPath: '/run/user/1000/docker.sock' },
    ],
    [{ DOCKER_HOST: 'tcp://10.0.0.5:2375' }, { host: '10.0.0.5', port: 2375, tls: null }],
    [{ DOCKER_HOST: 'tcp://[fd00::1]' }, { host: 'fd00::1', port: 2375, tls: null }],
  ])('%j', (env, address) => {
    expect(readEngineAddress(env)).toEqual(address);
  });

  test('over TLS, with the files of Docker’s own tools', () => {
    const folder = mkdtempSync(join(tmpdir(), 'streambed-certificates-'));
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name);
    const address = readEngineAddress({
      ...{ DOCKER_HOST: 'tcp://engine.example.com', DOCKER_TLS_VERIFY: '1' },
      DOCKER_CERT_PATH: folder,
    });
    expect(address).toMatchObject({ port: 2376, tls: { ca: Buffer.from('ca') } });
    rmSync(folder, { recursive: true, force: true });
  });

  test('over TLS both sides show their certificates', async () => {
    const read = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
    const [cert, key] = [read('localhost.crt'), read('localhost.key')];
    const server = createServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
      (_request, response) => response.setHeader('api-version', '1.47').end('OK'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const engine = (tls: TlsFiles) => new Engine({ host: 'localhost', port, tls });
    await engine({ ca: cert, cert, key }).connect();
    await expect(engine({ ca: cert } as TlsFiles).connect()).rejects.toThrow();
    await expect(engine({ cert, key } as TlsFiles).connect()).rejects.toThrow(/certificate/);
    server.close();
  });
});
