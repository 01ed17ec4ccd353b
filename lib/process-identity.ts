/**
 * Tells one process from a later one that got the same number, so that nothing is ever ended that
 * we did not start.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, in the operating system's own words; only ever compared. */
  readonly startedAt: string;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

function linuxStart(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name comes second, in parentheses, and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return null;
  return `${readFileSync(BOOT_ID, 'utf8').trim()}/${startTicks}`;
}

function psStart(pid: number): string | null {
  const answer = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
  if (!answer || answer.startsWith('Z')) return null;
  return answer.slice(answer.indexOf(' ')).trim();
}

/** The identity of the process that has this number now; null when none has, or only a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  try {
    const startedAt = process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
    return startedAt ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

/** Whether the very process that was identified still runs. */
export function isAlive(identity: ProcessIdentity | null): identity is ProcessIdentity {
  if (!identity) return false;
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}
