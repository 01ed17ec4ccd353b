import { runCommand } from '../run-command.ts';
import { byExitCode, type Check } from './check.ts';

const CONFIG = '--config=functions/deno.json';
// As the stack starts them; deno.json does not say so, because it is deployed.
const MODULES = '--node-modules-dir=manual';
const FOLDERS = ['functions', 'stack/functions-host', 'bench/viewers/functions'];

/** Types of what Deno runs. */
export const denoCheck: Check = {
  name: 'deno check',
  run: async () => byExitCode(await runCommand('deno', ['check', MODULES, CONFIG, ...FOLDERS])),
};

/** Deno's own lint rules. */
export const denoLint: Check = {
  name: 'deno lint',
  run: async () => byExitCode(await runCommand('deno', ['lint', CONFIG, ...FOLDERS])),
};
