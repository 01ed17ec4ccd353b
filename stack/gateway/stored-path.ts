import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where a file of storage is on disk.
 * Named for a digest: a key may be longer than a file's name, or the folder of another.
 *
 * @param root the folder of all files
 */
export function storedPath(root: string, bucket: string, key: string): string {
  const name = createHash('sha256').update(`${bucket}/${key}`).digest('hex');
  return join(root, name.slice(0, 2), name);
}
