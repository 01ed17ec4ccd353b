/** Runs the database commands as a shell does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a Node program of this repository to its end.
 *
 * @param args the program, relative to the root, and its arguments
 * @param env set or, where undefined, removed on top of this process's environment
 */
export async function runNode(
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code ?? -1, stdout, stderr };
}

/** Runs `sql/cli/main.ts`. */
export function runCli(args: string[], env?: Record<string, string | undefined>) {
  return runNode(['sql/cli/main.ts', ...args], env);
}
