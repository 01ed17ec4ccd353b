/** A copy of the project to change at will, with this project's node_modules. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../../lib/root.ts';

/** What is installed, what programs keep, and git's own. */
const NOT_COPIED = new Set(['node_modules', '.git', '.streambed', '.temp', '.env']);

export interface ProjectCopy {
  readonly root: string;
  /** Deletes it; the node_modules stay. */
  remove(): void;
}

/** Copies the project, as it is on the disk, to a temporary folder. */
export function copyProject(): ProjectCopy {
  const root = mkdtempSync(join(tmpdir(), 'streambed-copy-'));
  const filter = (path: string) => !NOT_COPIED.has(basename(path));
  cpSync(ROOT, root, { recursive: true, verbatimSymlinks: true, filter });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
