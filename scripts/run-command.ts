/** Runs a program of `node_modules/.bin` to its end. */
import { delimiter, join } from 'node:path';
import { ROOT } from '../lib/root.ts';
import { type ProgramResult, runProgram } from '../lib/run-program.ts';

const BIN = join(ROOT, 'node_modules', '.bin');
const TIMEOUT_MS = 300_000;

/** Nothing may ask, nothing may colour, nothing may report home. */
function quietEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`,
    NO_COLOR: '1',
    CI: '1',
    DO_NOT_TRACK: '1',
    SUPABASE_TELEMETRY_DISABLED: '1',
    DENO_NO_UPDATE_CHECK: '1',
  };
}

/**
 * Runs a program with the project's own tools first on the PATH.
 *
 * @param command its name
 * @param args its arguments
 * @param options.cwd where to run it; the repository's root by default
 * @param options.input what to send to its standard input
 * @throws Error when it cannot be started at all; an exit code other than 0 is a result
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd = ROOT, input = '' }: { cwd?: string; input?: string } = {},
): Promise<ProgramResult> {
  return runProgram(command, args, { cwd, env: quietEnvironment(), input, timeoutMs: TIMEOUT_MS });
}
