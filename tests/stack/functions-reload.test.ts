/** A function that changes while the stack runs is served anew. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { startStack, type TestStack } from '../support/stack.ts';
import { signToken } from '../support/tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'streambed-functions-'));

function writeFunction(name: string, answer: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  const source = `export default { fetch: () => new Response('${answer}') };\n`;
  writeFileSync(join(folder, name, 'index.ts'), source);
}

let stack: TestStack;
beforeAll(async () => {
  writeFunction('greet', 'hello');
  stack = await startStack({ env: { STREAMBED_MORE_FUNCTIONS: folder } });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function answerOf(name: string): Promise<string> {
  const authorization = `Bearer ${await signToken(stack.keys.jwtSecret)}`;
  const url = `${stack.config.apiUrl}/functions/v1/${name}`;
  return (await fetch(url, { headers: { authorization } })).text();
}

const answers = (name: string, text: string) =>
  waitUntil(async () => (await answerOf(name)) === text, { timeoutMs: 60_000 });

test('a changed file and a new folder are served, and it counts as no restart', async () => {
  expect(await answerOf('greet')).toBe('hello');
  writeFunction('greet', 'good evening');
  expect(await answers('greet', 'good evening')).toBe(true);
  writeFunction('part', 'goodbye');
  expect(await answers('part', 'goodbye')).toBe(true);
  expect(await stack.waitFor('functions', ({ ready }) => ready)).toMatchObject({ restarts: 0 });
});
