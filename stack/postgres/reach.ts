import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OsUser } from './os-user.ts';

/** A program to run, in the words of `child_process.spawn`. */
export interface Command {
  readonly command: string;
  readonly args: string[];
  readonly uid?: number;
  readonly gid?: number;
}

const CAP_DAC_OVERRIDE = 1n;
const CAP_DAC_READ_SEARCH = 2n;

function maySearch(folder: string, user: OsUser): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** The first folder on the way to `path` that `user` may not pass, if there is one. */
export function closedFolder(path: string, user: OsUser): string | undefined {
  const folders: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => !maySearch(folder, user));
}

function boundingCapabilities(): bigint {
  if (!existsSync('/proc/self/status')) return 0n;
  const line = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line ? BigInt(`0x${line[1]}`) : 0n;
}

function searchCapability(): string | undefined {
  const held = boundingCapabilities();
  if (held & (1n << CAP_DAC_READ_SEARCH)) return 'dac_read_search';
  if (held & (1n << CAP_DAC_OVERRIDE)) return 'dac_override';
  return undefined;
}

function hasSetpriv(): boolean {
  try {
    return execFileSync('setpriv', ['--help'], { encoding: 'utf8' }).includes('--ambient-caps');
  } catch {
    return false;
  }
}

/** Whether a program that runs as `user` can be given a way through folders that are closed to it. */
export function mayEnterClosedFolders(user: OsUser | undefined): boolean {
  return !user || (searchCapability() !== undefined && hasSetpriv());
}

/**
 * Makes `command` run as `user` even where the data folder or the programs lie below a folder that
 * this user may not pass, such as a clone in root's own home: the program then gets the one
 * capability to search folders, through `setpriv`.
 *
 * Throws an `Error` naming the folder when the machine offers no way.
 */
export function runAs(
  user: OsUser | undefined,
  command: string,
  args: string[],
  paths: readonly string[],
): Command {
  if (!user) return { command, args };
  const closed = paths.map((path) => closedFolder(path, user)).find(Boolean);
  if (!closed) return { command, args, ...user };
  const capability = searchCapability();
  if (!capability || !hasSetpriv()) {
    throw new Error(
      `PostgreSQL runs as an unprivileged user when started by root, and that user may not enter ` +
        `${closed}. Move the project, set STREAMBED_DATA_DIR to a folder that everybody may ` +
        `enter, or run: chmod o+x ${closed}`,
    );
  }
  const privileges = ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups'];
  const capabilities = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
  return { command: 'setpriv', args: [...privileges, ...capabilities, command, ...args] };
}
