/** What the stack keeps is for its own user alone, on a machine with other users. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';
import { describe, expect, test } from '../support/fixtures.ts';

const permissions = (path: string) => statSync(path).mode & 0o777;

describe('the data folder', () => {
  test('is closed to other users, though it was open before', ({ stack }) => {
    expect(permissions(stack.config.dataDir)).toBe(0o700);
    expect(permissions(join(stack.config.dataDir, 'keys.json'))).toBe(0o600);
  });
});

describe('Redis', () => {
  test('answers nobody without its password', async ({ stack }) => {
    const { port } = new URL(stack.config.redisUrl);
    const socket = { reconnectStrategy: false } as const;
    const stranger = createClient({ url: `redis://127.0.0.1:${port}`, socket });
    stranger.on('error', () => {}); // told by the result
    const attempt = (async () => {
      await stranger.connect();
      return stranger.ping();
    })();
    await expect(attempt).rejects.toThrow('NOAUTH');
    stranger.destroy();
  });

  test('answers with the password that the status names', async ({ stack }) => {
    const { redis_url: url } = await stack.status();
    const client = await createClient({ url: url ?? '' }).connect();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
  });

  test('shows the password on no command line', async ({ stack }) => {
    const { password } = new URL(stack.config.redisUrl);
    expect(password.length).toBeGreaterThan(20);
    const commandLine = readFileSync(`/proc/${await stack.pidOf('redis')}/cmdline`, 'utf8');
    expect(commandLine).not.toContain(password);
    expect(permissions(join(stack.config.dataDir, 'redis', 'redis.conf'))).toBe(0o600);
  });
});
