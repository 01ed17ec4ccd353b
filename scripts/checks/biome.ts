import { runCommand } from '../run-command.ts';
import { byExitCode, type Check } from './check.ts';

/** Format, imports and lint of TypeScript and JSON. */
export const biome: Check = {
  name: 'biome',
  run: async () => byExitCode(await runCommand('biome', ['check', '--error-on-warnings', '.'])),
};
