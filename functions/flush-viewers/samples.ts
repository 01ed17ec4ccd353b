/** What Redis counted of a session, as `record_viewers` takes it. */
import type { Redis } from '../_shared/redis.ts';
import { keysOf } from '../_shared/viewers/keys.ts';

/** An element of `get_live_sessions`. */
export interface LiveSession {
  readonly stream_id: string;
  readonly session_id: string;
  readonly started_at: string;
  readonly peak_viewers: number;
  readonly viewer_seconds: number;
}

/** The sample, or null when viewers have gone on to a session that the database had not begun when it was asked. */
async function countSession(client: Redis, session: LiveSession) {
  const keys = keysOf(session.stream_id);
  const [counted, at, viewers, peak, uniques, seconds] = await client.countViewers(
    [keys.viewers, keys.meter, keys.uniques, keys.live],
    [
      session.session_id,
      String(Date.parse(session.started_at)),
      String(session.peak_viewers),
      String(session.viewer_seconds),
      session.started_at,
    ],
  );
  if (counted !== session.session_id) return null;
  return {
    stream_id: session.stream_id,
    session_id: session.session_id,
    at_ms: Number(at),
    viewers,
    peak,
    uniques,
    viewer_seconds: Number(seconds),
  };
}

/** A sample of each session that is counted. */
export async function countSessions(client: Redis, sessions: readonly LiveSession[]) {
  const counted = await Promise.all(sessions.map((session) => countSession(client, session)));
  return counted.filter((sample) => sample !== null);
}
