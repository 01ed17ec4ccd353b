/**
 * Every ten seconds: ends the sessions whose time is up, carries what Redis counted to the database, in one
 * call for all live streams and those that have just ended, and tells Redis which began and ended if it was
 * not told at once. Called on a schedule with a secret key; answers `{"sessions", "recorded", "changed",
 * "announced"}`, or `{}` when there was nothing to count and nothing to tell.
 */
import type { Failure } from '../_shared/error-answer.ts';
import { type Admin, type JobOutcome, scheduledFunction } from '../_shared/job.ts';
import { askRedis } from '../_shared/redis.ts';
import { announceStreams } from '../_shared/viewers/announce.ts';
import { type CountedSession, countSessions } from './samples.ts';

const REDIS_WITHIN_MS = 20_000;

function failed({ status, error }: Failure): JobOutcome {
  return { result: {}, failure: { status, error } };
}

async function flush(admin: Admin): Promise<JobOutcome> {
  // So that Redis hears of an end in the run that finds it; the job `reap-sessions` records what fails here.
  await admin.rpc('reap_sessions');
  await askRedis((client) => client.ping());
  const known = await admin.rpc('get_counted_sessions');
  if (known.error) return failed(known);
  const sessions: CountedSession[] = known.data;
  const samples = await askRedis((client) => countSessions(client, sessions), REDIS_WITHIN_MS);
  const record = await admin.rpc('record_viewers', { samples });
  if (record.error) return failed(record);
  const announced = await announceStreams(admin);
  if (sessions.length === 0 && announced === 0) return { result: {} };
  return { result: { sessions: sessions.length, ...record.data, announced } };
}

export default { fetch: scheduledFunction('flush-viewers', flush) };
