import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { OsUser } from './os-user.ts';
import { closedFolder } from './reach.ts';

/** Only root may write here and everybody may read. */
const COPIES = '/var/lib/streambed';

/** One copy a version of the server, whichever project it came from. */
function copyName(binDir: string): string {
  const server = readFileSync(join(binDir, 'postgres'));
  return `postgres-${createHash('sha256').update(server).digest('hex').slice(0, 16)}`;
}

/**
 * The folder to run the server's programs from, as `user`: itself, or a copy below `/var/lib` when
 * the project lies where that user may not go, such as in root's own home. (The right to search
 * folders, which `runAs` gives for the data, is not enough: PostgreSQL looks for its programs with
 * access(2), which ignores such rights.)
 */
export function reachablePrograms(binDir: string, user: OsUser | undefined): string {
  if (!user || !closedFolder(join(binDir, 'postgres'), user)) return binDir;
  const copy = join(COPIES, copyName(binDir));
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`;
    mkdirSync(COPIES, { recursive: true, mode: 0o755 });
    cpSync(dirname(binDir), draft, { recursive: true, verbatimSymlinks: true });
    chmodSync(draft, 0o755);
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return join(copy, 'bin');
}
