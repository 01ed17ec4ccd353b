/** Runs a program of `node_modules/.bin` to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../stack/config.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const BIN = join(ROOT, 'node_modules', '.bin');

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
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd = ROOT, input = '' }: { cwd?: string; input?: string } = {},
): Promise<CommandResult> {
  const child = spawn(command, args, { cwd, env: quietEnvironment(), timeout: 300_000 });
  child.stdin.on('error', () => {}); // a program that does not read its input may close it
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code ?? -1, stdout, stderr };
}
