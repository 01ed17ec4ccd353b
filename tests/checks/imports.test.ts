import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findForbiddenImports } from '../../scripts/checks/imports.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'streambed-imports-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function plant(file: string, source: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), source);
}

test.each([
  ['lib/wait.ts', "import { HOST } from '../stack/config.ts';", 'stack/config.ts'],
  ['worker/relay/a.ts', "import type { A } from '../../stack/config.ts';", 'stack/config.ts'],
  ['worker/main.ts', "import '../sql/cli/main.ts';", 'sql/cli/main.ts'],
  ['sql/cli/main.ts', "export * from '../../stack/config.ts';", 'stack/config.ts'],
  ['stack/main.ts', "await import('../worker/main.ts');", 'worker/main.ts'],
  ['stack/functions-host/a.ts', "import { A } from '../keys.ts';", 'stack/keys.ts'],
  ['scripts/demo.ts', "import { A } from '../worker/log.ts';", 'worker/log.ts'],
  ['scripts/setup.mjs', 'import { A } from "../worker/log.ts";', 'worker/log.ts'],
  ['client/polls.ts', "import { A } from '../lib/wait.ts';", 'lib/wait.ts'],
  ['functions/viewer/index.ts', "import { A } from '../../lib/wait.ts';", 'lib/wait.ts'],
  [
    'functions/_shared/redis.ts',
    "import {\n  type A,\n  B,\n} from './viewers/scripts.ts';",
    'functions/_shared/viewers/scripts.ts',
  ],
])('%s: %s', (file, source, imported) => {
  plant(file, source);
  expect(findForbiddenImports(root)).toEqual([
    expect.stringMatching(new RegExp(`^${file} imports ${imported}: .`)),
  ]);
});

test('what goes in an allowed direction is no finding', () => {
  plant('lib/wait.ts', "import { pause } from './pause.ts';");
  plant('worker/main.ts', "import { a } from '../lib/wait.ts';\nimport { b } from 'postgres';");
  plant('stack/main.ts', "import { a } from '../sql/cli/main.ts';");
  plant('functions/_shared/viewers/a.ts', "import { b } from '../redis.ts';");
  plant('client/polls.ts', "import type { Tables } from '../types/database.ts';");
  plant('tests/a.test.ts', "import { b } from '../stack/main.ts';");
  expect(findForbiddenImports(root)).toEqual([]);
});
