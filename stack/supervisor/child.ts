/** One run of one program: its process, its output, its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identifyProcess, type ProcessIdentity } from '../../lib/process-identity.ts';
import { readLines } from '../../lib/read-lines.ts';
import { ROOT } from '../../lib/root.ts';
import type { ServiceCommand } from './service.ts';

export type OutputStream = 'stdout' | 'stderr';

export interface Child {
  /** Null when it could not be started or has ended already. */
  readonly identity: ProcessIdentity | null;
  /** Settles when the process has ended; says how. Never rejects. */
  readonly ended: Promise<string>;
}

/**
 * Starts the program as the leader of a process group, so that a terminal's Ctrl-C reaches only the
 * supervisor. Its stdin is a pipe that closes when the supervisor dies.
 */
export function startChild(
  { command, args, env, uid, gid }: ServiceCommand,
  onLine: (line: string, stream: OutputStream) => void,
): Child {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: env ?? process.env,
    uid,
    gid,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.on('error', () => {}); // told by `ended`
  child.stdin.on('error', () => {}); // a program that has closed its stdin
  void readLines(child.stdout, (line) => onLine(line, 'stdout'));
  void readLines(child.stderr, (line) => onLine(line, 'stderr'));
  const ended = once(child, 'exit').then(
    ([code, signal]) => String(signal ?? `exit code ${code}`),
    (error: Error) => `could not be started: ${error.message}`,
  );
  return { identity: child.pid ? identifyProcess(child.pid) : null, ended };
}
