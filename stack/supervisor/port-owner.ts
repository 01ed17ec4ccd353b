/** Who has a port: from /proc on Linux, from lsof elsewhere. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

interface Socket {
  readonly isListening: boolean;
  readonly inode: string;
}

const LISTENING = '0A';
const LONGEST_COMMAND = 80;

function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** This machine's TCP sockets on the port; the columns of a row: sl, local, remote, state … inode. */
function socketsOn(port: number): Socket[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
  return tables
    .flatMap((table) => readOr(() => readFileSync(table, 'utf8'), '').split('\n'))
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(suffix))
    .map((columns) => ({ isListening: columns[3] === LISTENING, inode: columns[9] ?? '' }));
}

function holdsSocket(pid: string, inodes: Set<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return readOr(() => readdirSync(folder), []).some((fd) => {
    const target = readOr(() => readlinkSync(`${folder}/${fd}`), '');
    return inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? 'none');
  });
}

function commandOf(pid: string): string {
  const words = readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split('\0');
  const command = words.join(' ').trim();
  return command || readOr(() => readFileSync(`/proc/${pid}/comm`, 'utf8'), '').trim();
}

function ownerFromProc(port: number): PortOwner | null {
  const listening = socketsOn(port).filter(({ isListening }) => isListening);
  const inodes = new Set(listening.map(({ inode }) => inode));
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const pid = pids.find((candidate) => holdsSocket(candidate, inodes));
  return pid ? { pid: Number(pid), command: commandOf(pid) } : null;
}

function ownerFromLsof(port: number): PortOwner | null {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  const answer = readOr(
    () => execFileSync('lsof', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    '',
  );
  const pid = /^p(\d+)$/m.exec(answer)?.[1];
  return pid ? { pid: Number(pid), command: /^c(.*)$/m.exec(answer)?.[1] ?? '' } : null;
}

/** The process that listens on the port, or null when there is none that this user may see. */
export function findPortOwner(port: number): PortOwner | null {
  return process.platform === 'linux' ? ownerFromProc(port) : ownerFromLsof(port);
}

/**
 * Whether nobody listens on the port, and only an outgoing connection happens to use its number: it
 * is free again a minute after that has ended, at the latest. Known on Linux only.
 */
export function isOutgoingOnly(port: number): boolean {
  const sockets = socketsOn(port);
  return sockets.length > 0 && !sockets.some(({ isListening }) => isListening);
}

/** The owner as a person reads it: "pid 4711 (nginx: master process)". */
export function describePortOwner(port: number): string {
  if (isOutgoingOnly(port)) return 'an outgoing connection of this machine';
  const owner = findPortOwner(port);
  if (!owner) return "another user's process";
  const { pid, command } = owner;
  const shown =
    command.length > LONGEST_COMMAND ? `${command.slice(0, LONGEST_COMMAND)}…` : command;
  return shown ? `pid ${pid} (${shown})` : `pid ${pid}`;
}
