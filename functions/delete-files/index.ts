/**
 * Every minute: deletes files that the database has noted down to be deleted. Called on a schedule with a secret
 * key; answers `{"deleted": 3}`, `{}` when there was nothing to do. What stays is the run's error, and tried again.
 */
import { ownFailure } from '../_shared/error-answer.ts';
import { type Admin, type JobOutcome, scheduledFunction } from '../_shared/job.ts';

interface FileDeletion {
  readonly bucket_id: string;
  readonly name: string;
}

/** What the Storage API says against deleting these files; null for nothing. */
async function remove(admin: Admin, bucket: string, names: string[]): Promise<string | null> {
  const { error } = await admin.storage.from(bucket).remove(names);
  return error?.message ?? null;
}

/** The same; all together or, as the API deletes all or none, each by itself. */
async function removeEach(admin: Admin, bucket: string, names: string[]): Promise<string | null> {
  if ((await remove(admin, bucket, names)) === null) return null;
  let complaint: string | null = null;
  for (const name of names) complaint = (await remove(admin, bucket, [name])) ?? complaint;
  return complaint;
}

/** Deletes files of one bucket; one that is gone already counts as deleted. */
async function deleteFrom(admin: Admin, bucket: string, names: string[]) {
  const complaint = await removeEach(admin, bucket, names);
  const gone = await admin.rpc('acknowledge_file_deletions', { bucket_id: bucket, names });
  if (gone.error) throw new Error(gone.error.message);
  const staying = names.length - gone.data;
  if (staying === 0) return { deleted: names.length };
  const reason = complaint ?? 'the Storage API gave no reason';
  const text = `${staying} of ${names.length} files stay in ${bucket}: ${reason}`;
  return { deleted: names.length - staying, complaint: text };
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
  const result = deleted > 0 ? { deleted } : {};
  if (complaints.length === 0) return { result };
  return { result, failure: ownFailure('job_failed', complaints.join('; ')) };
}

export default { fetch: scheduledFunction('delete-files', deleteFiles) };
