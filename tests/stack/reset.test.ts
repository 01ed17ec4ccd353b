/** `--reset` empties the data of a stack that does not run, and only that. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyData, isEmptied } from '../../stack/reset.ts';
import { runNode } from '../support/cli.ts';
import { startStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

async function countUsers(): Promise<number> {
  const sql = postgres(stack.config.dbUrl, { max: 1 });
  try {
    const [row] = await sql`select count(*)::integer as users from auth.users
      where email = 'somebody@example.com'`;
    return row?.users;
  } finally {
    await sql.end();
  }
}

async function signUp(): Promise<void> {
  const client = createClient(stack.config.apiUrl, stack.keys.publishable);
  const { error } = await client.auth.signUp({
    email: 'somebody@example.com',
    password: 'a-long-enough-password',
  });
  expect(error).toBeNull();
}

test('a running stack is not reset', async () => {
  await signUp();
  const start = await runNode(['stack/main.ts', '--reset'], stack.env);
  expect(start.code).toBe(1);
  expect(start.stderr).toContain('It was not reset');
  expect(await countUsers()).toBe(1);
});

test('everything that a stack keeps is known to the reset', async () => {
  const stays = ['keys.json', 'run'];
  for (const entry of readdirSync(stack.config.dataDir)) {
    expect(isEmptied(entry) || stays.includes(entry), entry).toBe(true);
  }
});

test('a plain start keeps the data', async () => {
  stack.process.signal('SIGTERM');
  await stack.startAgain();
  expect(await countUsers()).toBe(1);
});

test('a start with --reset has none; keys and other files stay', async () => {
  const { keys } = stack;
  const strangersFile = join(stack.config.dataDir, 'holiday.jpg');
  writeFileSync(strangersFile, 'not ours');
  stack.process.signal('SIGTERM');
  await stack.startAgain(['--reset']);
  expect(await countUsers()).toBe(0);
  expect(stack.keys).toEqual(keys);
  expect(existsSync(strangersFile)).toBe(true);
});

test('a wrong option is refused before anything happens', async () => {
  const start = await runNode(['stack/main.ts', '--rest'], stack.env);
  expect(start.code).toBe(1);
  expect(start.stderr).toContain("'--rest'");
});

test('a folder that no stack has made loses nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-strange-'));
  try {
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'logs', 'diary.txt'), 'not ours');
    expect(() => emptyData(folder)).toThrow(`${folder} has no keys.json, so its logs`);
    expect(existsSync(join(folder, 'logs', 'diary.txt'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an empty folder may be reset', () => {
  const folder = mkdtempSync(join(tmpdir(), 'streambed-empty-'));
  try {
    expect(() => emptyData(folder)).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
