/** A copy of the project to change at will: what git knows or would add, with this project's node_modules. */
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../lib/root.ts';
import { runCommand } from '../../scripts/run-command.ts';

export interface ProjectCopy {
  readonly root: string;
  /** Deletes it; the node_modules stay. */
  remove(): void;
}

async function listFiles(): Promise<string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { code, stdout, stderr } = await runCommand('git', args);
  if (code !== 0) throw new Error(`git could not list the files:\n${stderr}`);
  return stdout.split('\0').filter((path) => path && existsSync(join(ROOT, path)));
}

/** Copies the project to a temporary folder. */
export async function copyProject(): Promise<ProjectCopy> {
  const root = mkdtempSync(join(tmpdir(), 'streambed-copy-'));
  for (const path of await listFiles()) {
    cpSync(join(ROOT, path), join(root, path), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
