/** Looking at processes from outside. */
import { execFileSync } from 'node:child_process';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../lib/process-identity.ts';

function childrenOf(pid: number, rows: readonly (readonly number[])[]): number[] {
  const direct = rows.filter(([, parent]) => parent === pid).map(([child]) => child as number);
  return direct.flatMap((child) => [child, ...childrenOf(child, rows)]);
}

/** The process and everything that it started, directly or not. */
export function processTree(pid: number): ProcessIdentity[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const identities = [pid, ...childrenOf(pid, rows)].map(identifyProcess);
  return identities.filter((identity) => identity !== null);
}

/** Those of the processes that still run. */
export function survivors(processes: readonly ProcessIdentity[]): ProcessIdentity[] {
  return processes.filter(isAlive);
}
