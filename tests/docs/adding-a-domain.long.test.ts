/** docs/adding-a-domain.md, followed word for word in a copy of the project. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { addGuideFile, readGuide } from '../support/guide-page.ts';
import { copyProject, type ProjectCopy } from '../support/project-copy.ts';

const { files, commands } = readGuide(readFileSync(join(ROOT, 'docs/adding-a-domain.md'), 'utf8'));

let copy: ProjectCopy;
beforeAll(() => {
  copy = copyProject();
  for (const file of files) addGuideFile(copy.root, file);
});
afterAll(() => copy.remove());

/** Without the scripts that go before: they would install into the linked node_modules. */
const withoutSetup = (command: string) => command.replace(/^npm run/, 'npm run --ignore-scripts');

test.for(commands)('%s', { timeout: 300_000 }, async (command) => {
  const [program = '', ...args] = withoutSetup(command).split(' ');
  const { code, stdout, stderr } = await runCommand(program, args, { cwd: copy.root });
  expect(code, `${stdout}\n${stderr}`).toBe(0);
});
