import { runCommand } from '../run-command.ts';
import { byExitCode, type Check } from './check.ts';

/** `tsc` over everything that Node runs. */
export const typescript: Check = {
  name: 'tsc',
  run: async () => byExitCode(await runCommand('tsc', ['--noEmit'])),
};
