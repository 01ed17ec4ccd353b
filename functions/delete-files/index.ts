/**
 * Every minute: deletes files that the database has noted down to be deleted. Called on a schedule with a secret
 * key; answers `{"deleted": 3}`, `{}` when there was nothing to do. What stays is the run's error, and tried again.
 */
import { type Admin, type JobOutcome, scheduledFunction } from '../_shared/job.ts';

interface FileDeletion {
  readonly bucket_id: string;
  readonly name: string;
}

/** Deletes files of one bucket; one that is gone already counts as deleted. */
async function deleteFrom(admin: Admin, bucket: string, names: readonly string[]) {
  const removal = await admin.storage.from(bucket).remove([...names]);
  const gone = await admin.rpc('acknowledge_file_deletions', { bucket_id: bucket, names });
  if (gone.error) throw new Error(gone.error.message);
  const deleted: number = gone.data;
  const reason = removal.error?.message ?? 'no reason given';
  const complaint = `${names.length - deleted} files stay in ${bucket}: ${reason}`;
  return { deleted, complaint: deleted < names.length ? complaint : null };
}

async function deleteFiles(admin: Admin): Promise<JobOutcome> {
  const taken = await admin.rpc('take_file_deletions');
  if (taken.error) return { result: {}, failure: taken };
  const files: FileDeletion[] = taken.data;
  const complaints: string[] = [];
  let deleted = 0;
  for (const [bucket, ofBucket] of Map.groupBy(files, ({ bucket_id }) => bucket_id)) {
    const outcome = await deleteFrom(
      admin,
      bucket,
      ofBucket.map(({ name }) => name),
    );
    deleted += outcome.deleted;
    if (outcome.complaint) complaints.push(outcome.complaint);
  }
  if (complaints.length > 0) throw new Error(complaints.join('; '));
  return { result: deleted > 0 ? { deleted } : {} };
}

export default { fetch: scheduledFunction('delete-files', deleteFiles) };
