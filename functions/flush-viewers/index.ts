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
import { askRedis } from '../_shared/redis.ts';
import { announceStreams } from './announce.ts';
import { countSessions, type LiveSession } from './samples.ts';

const REDIS_WITHIN_MS = 20_000;

function failed({ status, error }: DatabaseFailure): JobOutcome {
  return { result: {}, failure: { status, error } };
}

async function flush(admin: Admin): Promise<JobOutcome> {
  await askRedis((client) => client.ping());
  const announced = await askRedis((client) => announceStreams(admin, client), REDIS_WITHIN_MS);
  const live = await admin.rpc('get_live_sessions');
  if (live.error) return failed(live);
  const sessions: LiveSession[] = live.data;
  const samples = await askRedis((client) => countSessions(client, sessions), REDIS_WITHIN_MS);
  const record = await admin.rpc('record_viewers', { samples });
  if (record.error) return failed(record);
  return { result: { streams: sessions.length, ...record.data, announced } };
}

export default { fetch: scheduledFunction('flush-viewers', flush) };
