/** Finds a Redis server to run, and installs Debian's where that is ours to do. */
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { findOnPath } from '../lib/find-on-path.ts';
import { installRedisWithApt } from './redis-apt.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];

const INSTALL_COMMANDS: readonly (readonly [manager: string, command: string])[] = [
  ['brew', 'brew install redis'],
  ['apt-get', 'sudo apt-get update && sudo apt-get install redis-server'],
  ['dnf', 'sudo dnf install valkey'],
  ['pacman', 'sudo pacman -S valkey'],
  ['apk', 'sudo apk add redis'],
  ['zypper', 'sudo zypper install redis'],
];

/** One line for a person whose machine has no Redis: the command that installs it here. */
export function adviseInstall(path = process.env.PATH ?? ''): string {
  const known = INSTALL_COMMANDS.find(([manager]) => findOnPath([manager], path));
  const command = known
    ? known[1]
    : 'see https://redis.io/docs/latest/operate/oss_and_stack/install/';
  return `No redis-server or valkey-server is on the PATH and REDIS_URL is not set; install one: ${command}`;
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && !!findOnPath(['apt-get']);
}

/**
 * The full path of a Redis or Valkey server. As root on Debian and Ubuntu it is installed when
 * missing.
 * @throws Error that names the command to install it on this machine
 */
export async function findRedisServer(): Promise<string> {
  const found = findOnPath(PROGRAMS);
  if (found) return found;
  if (!mayInstall()) throw new Error(adviseInstall());
  await installRedisWithApt();
  const installed = findOnPath([...PROGRAMS], `${process.env.PATH}${delimiter}/usr/bin`);
  if (!installed) throw new Error(adviseInstall());
  return installed;
}
