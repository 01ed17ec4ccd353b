/** Installs Debian's redis-server without the system service that its package would start. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitForLock } from '../lib/file-lock.ts';

const run = promisify(execFile);
const LOCK_TIMEOUT_MS = 5 * 60_000;
const APT_TIMEOUT_MS = 5 * 60_000;

/** Asked by every package's scripts before they start a service; 101 means "do not". */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY = '#!/bin/sh\nexit 101\n';

async function withoutServiceStarts(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY_FILE)) return work();
  writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(POLICY_FILE, { force: true });
  }
}

async function apt(...args: string[]): Promise<void> {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', [...options, ...args], { env, timeout: APT_TIMEOUT_MS });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    throw new Error(
      `apt-get ${args[0]} failed (${reason}); install redis-server yourself or set REDIS_URL`,
    );
  }
}

/** Undoes what the package arranged for the next boot, and ends what a lenient policy let start. */
async function disableSystemService(): Promise<void> {
  const commands: [string, string[]][] = [
    ['deb-systemd-helper', ['disable', 'redis-server.service']],
    ['update-rc.d', ['redis-server', 'disable']],
    ['deb-systemd-invoke', ['stop', 'redis-server.service']],
  ];
  for (const [command, args] of commands) {
    await run(command, args).catch(() => undefined); // a machine without that init system
  }
}

async function install(): Promise<void> {
  if (existsSync('/usr/bin/redis-server')) return; // another stack was faster
  await apt('update');
  await withoutServiceStarts(() => apt('install', '--no-install-recommends', 'redis-server'));
  await disableSystemService();
}

/**
 * Installs redis-server; of two stacks that start at once one does it and the other waits.
 * @throws Error with apt's last words
 */
export async function installRedisWithApt(): Promise<void> {
  const lock = await waitForLock(join(tmpdir(), 'streambed-apt.lock'), LOCK_TIMEOUT_MS);
  try {
    await install();
  } finally {
    lock?.release();
  }
}
