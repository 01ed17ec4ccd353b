/**
 * Every ten seconds: carries what Redis counted to the database, in one call for all live streams, and
 * tells Redis which streams began and ended. Called on a schedule with a secret key; answers
 * `{"streams", "recorded", "changed", "announced"}`.
 */
import {
  type Admin,
  type DatabaseFailure,
  type JobOutcome,
  scheduledFunction,
} from '../_shared/job.ts';
import { redis } from '../_shared/redis.ts';
import { announceStreams } from './announce.ts';
import { countSession, type LiveSession } from './samples.ts';

async function flush(admin: Admin): Promise<JobOutcome> {
  const failed = ({ status, error }: DatabaseFailure) => ({
    result: {},
    failure: { status, error },
  });
  const client = await redis();
  const announced = await announceStreams(admin, client);
  const live = await admin.rpc('get_live_sessions');
  if (live.error) return failed(live);
  const sessions: LiveSession[] = live.data;
  const counted = await Promise.all(sessions.map((session) => countSession(client, session)));
  const samples = counted.filter((sample) => sample !== null);
  const record = await admin.rpc('record_viewers', { samples });
  if (record.error) return failed(record);
  return { result: { streams: sessions.length, ...record.data, announced } };
}

export default { fetch: scheduledFunction('flush-viewers', flush) };
