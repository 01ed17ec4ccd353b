import { chmodSync, readdirSync } from 'node:fs';
import { postgresOsUser } from './postgres/os-user.ts';
import { mayEnterClosedFolders } from './postgres/reach.ts';
import { isEmptied } from './reset.ts';

const KEPT = ['keys.json', 'run'];
const OURS_ALONE = 0o700;
/** For a machine on which Postgres' user could not get to its own folder else. */
const OTHERS_PASS = 0o711;

/**
 * Makes the data folder unreadable for other users of the machine. A folder that holds anything else
 * than a stack's data, set by mistake, is left as it is.
 * @returns whether it is closed now
 */
export function closeDataDir(dataDir: string): boolean {
  const isOurs = readdirSync(dataDir).every((name) => isEmptied(name) || KEPT.includes(name));
  if (!isOurs) return false;
  chmodSync(dataDir, mayEnterClosedFolders(postgresOsUser()) ? OURS_ALONE : OTHERS_PASS);
  return true;
}
