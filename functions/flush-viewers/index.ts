/**
 * Every ten seconds: carries what Redis counted to the database, in one call for all live streams and those
 * that have just ended, and tells Redis which began and ended if it was not told at once. Called on a
 * schedule with a secret key; answers `{"sessions", "recorded", "changed", "announced"}`.
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
  await askRedis((client) => client.ping());
  const known = await admin.rpc('get_counted_sessions');
  if (known.error) return failed(known);
  const sessions: CountedSession[] = known.data;
  const samples = await askRedis((client) => countSessions(client, sessions), REDIS_WITHIN_MS);
  const record = await admin.rpc('record_viewers', { samples });
  if (record.error) return failed(record);
  const announced = await announceStreams(admin);
  return { result: { sessions: sessions.length, ...record.data, announced } };
}

export default { fetch: scheduledFunction('flush-viewers', flush) };
