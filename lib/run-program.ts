/** Runs a program to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What to send to its standard input. */
  readonly input?: string;
  /** When it takes longer it is ended. */
  readonly timeoutMs?: number;
}

export interface ProgramResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and keeps all that it says.
 * @throws Error when it cannot be started at all; an exit code other than 0 is a result
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env, input = '', timeoutMs }: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(command, args, { cwd, env, timeout: timeoutMs });
  child.stdin.on('error', () => {}); // a program that does not read its input may close it
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code ?? -1, stdout, stderr };
}
