/**
 * Does what time makes due, step by step. Called on a schedule with a secret key; answers what each
 * step did, as `{"reap_sessions": 2, …}`. A step that fails does not keep the others from running;
 * the answer is then the first failure.
 */
import type { Failure } from '../_shared/error-answer.ts';
import { type Admin, type JobOutcome, scheduledFunction } from '../_shared/job.ts';
import { announceInBackground } from '../_shared/viewers/announce.ts';

/** SQL functions without parameters that answer how much they did. */
const STEPS = [
  'reap_sessions',
  'cleanup_orphaned_streams',
  'expire_packages',
  'maintain_partitions',
] as const;

async function clean(admin: Admin): Promise<JobOutcome> {
  const result: Record<string, unknown> = {};
  let failure: Failure | undefined;
  for (const step of STEPS) {
    const { data, error, status } = await admin.rpc(step);
    if (error) {
      failure ??= { status, error };
      result[step] = { error: error.message };
    } else {
      result[step] = data;
    }
  }
  if (Number(result.reap_sessions) > 0) announceInBackground(admin);
  return { result, ...(failure && { failure }) };
}

export default { fetch: scheduledFunction('cleanup', clean) };
