/** The README's application compiles with the schema's types. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { runCommand } from '../../scripts/run-command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'streambed-readme-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  const options = { noEmit: true, rootDir: '/', preserveSymlinks: true };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: options,
      include: ['*.ts'],
      exclude: [],
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The README's example as a TypeScript application writes it. */
function readExample(): string {
  const [, source = ''] =
    /```js\n(import \{ createClient[\s\S]*?)```/.exec(
      readFileSync(join(ROOT, 'README.md'), 'utf8'),
    ) ?? [];
  const typed = source
    .replace('= process.argv.slice(2)', '= process.argv.slice(2) as [string, string]')
    .replace('createClient(url', 'createClient<Database>(url');
  return `import type { Database } from '${join(ROOT, 'types/database.ts')}';\n${typed}`;
}

async function compile(source: string): Promise<string> {
  writeFileSync(join(folder, 'live.ts'), source);
  const { stdout } = await runCommand('tsc', ['--project', join(folder, 'tsconfig.json')]);
  return stdout;
}

test('as it stands', async () => {
  const example = readExample();
  expect(example).toContain('createClient<Database>(url, publishableKey)');
  expect(await compile(example)).toBe('');
});

test.each([
  ['data.stream.id', 'data.strem.id', /'strem' does not exist/],
  ['playback?.flv_url', 'playback?.flv', /'flv' does not exist/],
  ['data.stream_key', 'data.stream_key.secret', /'secret' does not exist/],
  ["rpc('get_playback'", "rpc('get_playbck'", /get_playbck/],
])('but not with %s written %s', async (right, wrong, complaint) => {
  expect(await compile(readExample().replace(right, wrong))).toMatch(complaint);
});
