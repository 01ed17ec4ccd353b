/** One run of `stack/main.ts` as a child process, with all that it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../lib/root.ts';
import { collectOutput } from './child-output.ts';

export interface StackProcess {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it has ended, to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;
  hasEnded(): boolean;
}

/** Starts `stack/main.ts` with these arguments and this environment; returns at once. */
export function spawnStack(env: NodeJS.ProcessEnv, args: readonly string[] = []): StackProcess {
  const child = spawn(process.execPath, [join(ROOT, 'stack', 'main.ts'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  return {
    pid: child.pid as number,
    output,
    signal: (signal) => void child.kill(signal),
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}
