/** What Redis counted of a session, as `record_viewers` takes it. */
import type { Redis } from '../_shared/redis.ts';
import { keysOf } from '../_shared/viewers/keys.ts';
import { countViewers, finishSession } from '../_shared/viewers/scripts.ts';

/** An element of `get_counted_sessions`. */
export interface CountedSession {
  readonly stream_id: string;
  readonly session_id: string;
  readonly started_at: string;
  readonly has_ended: boolean;
  readonly peak_viewers: number;
  readonly viewer_seconds: number;
}

function ask(client: Redis, session: CountedSession) {
  const { viewers, meter, uniques, live } = keysOf(session.stream_id);
  if (session.has_ended)
    return finishSession(client, [viewers, meter, uniques], [session.session_id]);
  const stored = [String(session.peak_viewers), String(session.viewer_seconds)];
  return countViewers(
    client,
    [viewers, meter, uniques, live],
    [
      ...[session.session_id, String(Date.parse(session.started_at))],
      ...[...stored, session.started_at],
    ],
  );
}

/**
 * The sample, or null where there is none: viewers have gone on to a session that the database had not
 * begun when it was asked, or Redis has lost an ended one.
 */
async function countSession(client: Redis, session: CountedSession) {
  const [counted, at, viewers, peak, uniques, seconds] = await ask(client, session);
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
export async function countSessions(client: Redis, sessions: readonly CountedSession[]) {
  const counted = await Promise.all(sessions.map((session) => countSession(client, session)));
  return counted.filter((sample) => sample !== null);
}
