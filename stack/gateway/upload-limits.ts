import { byteSize } from './byte-size.ts';
import type { SessionPool } from './session-pool.ts';

/** How many bytes a file of a bucket may have. */
export type UploadLimits = (bucket: string) => Promise<number>;

/** A bucket's own limit where it has one, else the project's `file_size_limit`. */
export function uploadLimits(database: SessionPool, projectLimit: string): UploadLimits {
  const otherwise = byteSize(projectLimit);
  return async (bucket) => {
    const { rows } = await database.run<{ limit: string | null }>(
      'select file_size_limit::text as limit from storage.buckets where id = $1',
      [bucket],
    );
    return Number(rows[0]?.limit ?? otherwise);
  };
}
