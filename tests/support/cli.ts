/** Runs the database commands as a shell does. */
import { ROOT } from '../../lib/root.ts';
import { type ProgramResult, runProgram } from '../../lib/run-program.ts';

/**
 * Runs a Node program of this repository to its end.
 *
 * @param args the program, relative to the root, and its arguments
 * @param env set or, where undefined, removed on top of this process's environment
 */
export function runNode(
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<ProgramResult> {
  return runProgram(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: undefined, ...env },
  });
}

/** Runs `sql/cli/main.ts`. */
export function runCli(args: string[], env?: Record<string, string | undefined>) {
  return runNode(['sql/cli/main.ts', ...args], env);
}
