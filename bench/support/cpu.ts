/** What a piece of work costs the processes that do it, which other work on the machine does not change. */
import { readFileSync } from 'node:fs';
import { type Runner, runInTurns, type Turns } from './turns.ts';

const MICROSECONDS_A_TICK = 10_000;
/** Of what follows the command's name in /proc/PID/stat. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

function used(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * MICROSECONDS_A_TICK;
}

/**
 * Microseconds of processor time that each process spends on one unit of the work. Linux only.
 * @param pids the processes, whose answers come in the same order
 */
export async function cpuPerUnit(
  runner: Runner,
  pids: readonly number[],
  plan: Turns,
): Promise<number[]> {
  let done = 0;
  const counted: Runner = {
    name: runner.name,
    async open(connection) {
      const { next, close } = await runner.open(connection);
      return { next: () => next().then(() => void done++), close };
    },
  };
  const before = pids.map(used);
  await runInTurns([counted], plan);
  return pids.map((pid, n) => (used(pid) - (before[n] as number)) / done);
}
