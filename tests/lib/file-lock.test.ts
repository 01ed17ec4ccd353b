/** The lock that makes one stack per data folder, between real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tryLock, waitForLock } from '../../lib/file-lock.ts';
import { ROOT } from '../../lib/root.ts';

const folder = mkdtempSync(join(tmpdir(), 'streambed-lock-'));
const file = join(folder, 'lock');
const holders: ChildProcess[] = [];
afterAll(() => {
  for (const holder of holders) holder.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function holderInAnotherProcess() {
  const script = `
    const { tryLock } = await import(${JSON.stringify(join(ROOT, 'lib/file-lock.ts'))});
    const isHeld = tryLock(${JSON.stringify(file)}) !== null;
    gc(); // must not give back what nobody refers to any more
    console.log(isHeld ? 'held' : 'refused');
    setInterval(() => {}, 1000);`;
  const args = ['--expose-gc', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(child);
  const [answer] = await once(child.stdout, 'data');
  expect(String(answer).trim()).toBe('held');
  return child;
}

test('is refused while another process holds it, and free once that is killed', async () => {
  const holder = await holderInAnotherProcess();
  expect(tryLock(file)).toBeNull();
  expect(await waitForLock(file, 300)).toBeNull();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = tryLock(file);
  expect(lock).not.toBeNull();
  lock?.release();
});

test('is refused twice within one process, and free after its release', () => {
  const first = tryLock(file);
  expect(first).not.toBeNull();
  expect(tryLock(file)).toBeNull();
  first?.release();
  const second = tryLock(file);
  expect(second).not.toBeNull();
  second?.release();
});
