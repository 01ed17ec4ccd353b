/**
 * Sends a signal to a process, or with a negative number to a group. That there is none any more, or
 * that it may not be signalled, changes nothing: who wants it ended looks whether it still runs.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
