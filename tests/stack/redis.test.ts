/** Where Redis comes from: REDIS_URL, else a server on the PATH, else a line that says what to do. */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findOnPath } from '../../lib/find-on-path.ts';
import { loadConfig } from '../../stack/config.ts';
import { adviseInstall } from '../../stack/redis-program.ts';
import { runNode } from '../support/cli.ts';
import { startStack } from '../support/stack.ts';
import { createStackPlace } from '../support/stack-place.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these programs in it, each of which does nothing. */
function folderWith(...programs: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-path-'));
  folders.push(folder);
  for (const program of programs) {
    writeFileSync(join(folder, program), '#!/bin/sh\n');
    chmodSync(join(folder, program), 0o755);
  }
  return folder;
}

describe('a program on the PATH', () => {
  test('is found in the first folder that has it', () => {
    const [first, second] = [folderWith('valkey-server'), folderWith('valkey-server')];
    const found = findOnPath(['redis-server', 'valkey-server'], `/nowhere:${first}:${second}`);
    expect(found).toBe(join(first, 'valkey-server'));
  });

  test('is redis-server rather than valkey-server', () => {
    const folder = folderWith('valkey-server', 'redis-server');
    expect(findOnPath(['redis-server', 'valkey-server'], folder)).toBe(
      join(folder, 'redis-server'),
    );
  });

  test('must be executable', () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'redis-server'), 'text', { mode: 0o644 });
    expect(findOnPath(['redis-server'], folder)).toBeNull();
  });
});

test.each([
  ['brew', 'brew install redis'],
  ['apt-get', 'sudo apt-get update && sudo apt-get install redis-server'],
  ['dnf', 'sudo dnf install valkey'],
  ['pacman', 'sudo pacman -S valkey'],
  ['apk', 'sudo apk add redis'],
])('a machine with %s is told: %s', (manager, command) => {
  const advice = adviseInstall(folderWith(manager));
  expect(advice).toContain(command);
  expect(advice).not.toContain('\n');
});

test('without any Redis the start stops with that one line, and leaves nothing running', async () => {
  const place = await createStackPlace();
  const programs = folderWith('brew');
  for (const needed of ['setpriv', 'useradd', 'ps']) {
    const file = findOnPath([needed], '/usr/bin:/bin:/usr/sbin:/sbin');
    if (file) symlinkSync(file, join(programs, needed));
  }
  try {
    const start = await runNode(['stack/main.ts'], { ...place.env, PATH: programs });
    expect(start.code).toBe(1);
    expect(start.stderr.trim()).toBe(adviseInstall(programs));
    const status = await runNode(['stack/status.ts'], place.env);
    expect(status.stdout).toContain('not running');
  } finally {
    await place.clear();
  }
});

test('a REDIS_URL where nothing answers stops the start, and shows no password', async () => {
  const place = await createStackPlace({ REDIS_URL: 'redis://user:hidden@127.0.0.1:1' });
  try {
    const start = await runNode(['stack/main.ts'], place.env);
    expect(start.code).toBe(1);
    expect(start.stderr).toContain('The Redis that REDIS_URL names, 127.0.0.1:1, does not answer');
    expect(start.stdout + start.stderr).not.toContain('hidden');
  } finally {
    await place.clear();
  }
});

test('REDIS_URL names a server that is used and not started', async () => {
  const provider = await startStack();
  try {
    const stack = await startStack({ env: { REDIS_URL: provider.config.redisUrl } });
    try {
      const { redis_url: url, services } = await stack.status();
      expect(url).toBe(provider.config.redisUrl);
      expect(services).toContainEqual({ name: 'redis', ready: true, pid: null, restarts: 0 });
      await provider.kill9('redis');
      await provider.waitFor('redis', ({ restarts, ready }) => restarts === 1 && ready);
      await stack.awaitReady();
    } finally {
      await stack.stop();
    }
  } finally {
    await provider.stop();
  }
});

test.each(['nonsense', 'http://127.0.0.1:6379', '127.0.0.1:6379', 'redis//:s3cret@host'])(
  'REDIS_URL=%s is refused by its name, and not repeated',
  (url) => {
    const load = () => loadConfig({ REDIS_URL: url });
    expect(load).toThrow('REDIS_URL must look like redis://:password@host:6379');
    expect(load).not.toThrow(url);
  },
);

test('REDIS_URL may ask for TLS', () => {
  expect(loadConfig({ REDIS_URL: 'rediss://:s3cret@cache.example.com:6380' })).toMatchObject({
    redisUrl: 'rediss://:s3cret@cache.example.com:6380',
    redisIsExternal: true,
  });
});
