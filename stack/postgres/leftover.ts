import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EndingSteps } from '../../lib/end-process.ts';
import { sendSignal } from '../../lib/send-signal.ts';
import { waitUntil } from '../../lib/wait.ts';

/** How long a fast shutdown may take, then an immediate one, before the processes are killed. */
const ENDING: EndingSteps = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A server process works inside its cluster's folder, which tells it from a recycled process id. */
function worksIn(pid: number, clusterDir: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
  } catch {
    return false;
  }
}

function namesCluster(pid: number, clusterDir: string): boolean {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' }).includes(
      clusterDir,
    );
  } catch {
    return false;
  }
}

const hasProc = existsSync('/proc/self/cwd');

function serverProcesses(clusterDir: string, postmaster: number | undefined): number[] {
  if (hasProc) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => worksIn(pid, clusterDir));
  }
  return postmaster && isAlive(postmaster) && namesCluster(postmaster, clusterDir)
    ? [postmaster]
    : [];
}

function recordedPostmaster(pidFile: string): number | undefined {
  const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : NaN;
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * Ends what an earlier run left behind on this cluster: a server whose supervisor was killed, the
 * children of a killed server, and the lock file of either. Committed data is safe in each case.
 *
 * Throws an `Error` naming the process ids that would not end.
 */
export async function endLeftovers(clusterDir: string): Promise<void> {
  const pidFile = join(clusterDir, 'postmaster.pid');
  const postmaster = recordedPostmaster(pidFile);
  for (const [name, timeoutMs] of ENDING) {
    const running = serverProcesses(clusterDir, postmaster);
    const leader = running.filter((pid) => pid === postmaster);
    const told = leader.length > 0 && name !== 'SIGKILL' ? leader : running;
    for (const pid of told) sendSignal(pid, name);
    const areGone = () => serverProcesses(clusterDir, postmaster).length === 0;
    if (await waitUntil(areGone, { timeoutMs })) {
      rmSync(pidFile, { force: true });
      return;
    }
  }
  const stuck = serverProcesses(clusterDir, postmaster).join(', ');
  throw new Error(
    `PostgreSQL processes ${stuck} of ${basename(clusterDir)} do not end: kill them.`,
  );
}
