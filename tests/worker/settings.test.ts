/** What a worker is told, and what it says when that is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../worker/settings.ts';
import { WorkerProcess } from '../support/worker-process.ts';

test('without any, it works for the local stack', () => {
  expect(readSettings({ STREAMBED_PORT_BASE: '20000' })).toMatchObject({
    databaseUrl: 'postgres://streambed_worker:streambed_worker@127.0.0.1:20022/postgres',
    listenUrl: 'postgres://streambed_worker:streambed_worker@127.0.0.1:20022/postgres',
    ...{ id: hostname(), leaseSeconds: 30, renewSeconds: 10, pollSeconds: 5, capacity: 4 },
    driver: 'process',
  });
});

test('a shorter lease is renewed more often, never more often than every five seconds', () => {
  expect(readSettings({ WORKER_LEASE_SECONDS: '21' }).renewSeconds).toBe(7);
  expect(readSettings({ WORKER_LEASE_SECONDS: '10' }).renewSeconds).toBe(5);
  expect(readSettings({ WORKER_LEASE_SECONDS: '300' }).renewSeconds).toBe(10);
});

describe('what is wrong is named', () => {
  test.each([
    [{ WORKER_LEASE_SECONDS: '9' }, 'WORKER_LEASE_SECONDS must be a whole number from 10 to 300'],
    [{ WORKER_LEASE_SECONDS: 'soon' }, 'got "soon"'],
    [{ WORKER_RENEW_SECONDS: '16' }, 'WORKER_RENEW_SECONDS must be a whole number from 5 to 15'],
    [{ WORKER_POLL_SECONDS: '1' }, 'WORKER_POLL_SECONDS must be a whole number from 5 to 300'],
    [{ WORKER_CAPACITY: '0' }, 'WORKER_CAPACITY must be a whole number from 1 to 1000'],
    [{ WORKER_ID: 'a b' }, 'WORKER_ID must be'],
    [{ WORKER_ID: '../..' }, 'WORKER_ID must be'],
    [{ WORKER_DRIVER: 'podman' }, 'WORKER_DRIVER must be "process" or "docker", got "podman"'],
  ])('%j', (env, message) => {
    expect(() => readSettings(env)).toThrow(message);
  });

  test('a database’s address, without repeating it', () => {
    for (const name of ['WORKER_DATABASE_URL', 'WORKER_LISTEN_URL']) {
      const read = () => readSettings({ [name]: 'mysql://me:hush@host' });
      expect(read).toThrow(`${name} must look like`);
      expect(read).not.toThrow('hush');
    }
  });
});

test('the process says so in one line, and ends', async () => {
  const worker = new WorkerProcess({ WORKER_CAPACITY: 'many' });
  expect(await worker.ended).toBe(1);
  expect(worker.output).toBe('WORKER_CAPACITY must be a whole number from 1 to 1000, got "many"\n');
});

test('an ffmpeg that cannot be run is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-worker-'));
  const worker = new WorkerProcess({
    FFMPEG_PATH: '/nowhere/ffmpeg',
    WORKER_DATA_DIR: folder,
  });
  expect(await worker.ended).toBe(1);
  expect(worker.output).toContain('ffmpeg cannot be run (/nowhere/ffmpeg');
  expect(worker.output).toContain('set FFMPEG_PATH');
  rmSync(folder, { recursive: true, force: true });
});
