/** Which process listens on a port: from /proc on Linux, from lsof elsewhere. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
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

/** Socket inodes that listen on the port; a table's columns: sl local remote state … inode. */
function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
  const rows = tables.flatMap((table) => readOr(() => readFileSync(table, 'utf8'), '').split('\n'));
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const listening = columns.filter((c) => c[1]?.endsWith(suffix) && c[3] === LISTENING);
  return new Set(listening.map((c) => c[9] ?? ''));
}

function holdsSocket(pid: string, inodes: Set<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return readOr(() => readdirSync(folder), []).some((fd) => {
    const target = readOr(() => readlinkSync(`${folder}/${fd}`), '');
    return inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '-');
  });
}

function commandOf(pid: string): string {
  const words = readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split('\0');
  return (
    words.join(' ').trim() || readOr(() => readFileSync(`/proc/${pid}/comm`, 'utf8'), '').trim()
  );
}

function ownerFromProc(port: number): PortOwner | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return null;
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

/** The owner as a person reads it: "pid 4711 (nginx: master process)". */
export function describePortOwner(port: number): string {
  const owner = findPortOwner(port);
  if (!owner) return "another user's process";
  const { pid, command } = owner;
  const shown =
    command.length > LONGEST_COMMAND ? `${command.slice(0, LONGEST_COMMAND)}…` : command;
  return shown ? `pid ${pid} (${shown})` : `pid ${pid}`;
}
