/** Running `npm run demo` in a stack of a test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../lib/root.ts';
import { collectOutput } from './child-output.ts';

/** Runs the demo to its end; `args` name the story. */
export async function runDemo(env: NodeJS.ProcessEnv, args: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'demo.ts'), ...args], { env });
  const output = collectOutput(child);
  const [code] = await once(child, 'close');
  return { code, output: output() };
}

/** The steps that a demo printed, without their times. */
export function stepsOf(output: string): string[] {
  const steps = output.match(/^ *\d+\.\d\d s {2}.+$/gm) ?? [];
  return steps.map((line) => line.trim().replace(/^[\d.]+ s {2}/, ''));
}
