import type { DomainHistory, Stage } from '../../support/history.ts';
import { ageSession, createStream, publish } from '../../support/streams.ts';

const LIVE_SESSION = [
  'last_seen_at',
  'bytes_in',
  'peak_viewers',
  'unique_viewers',
  'average_viewers',
  'viewer_seconds',
];

/** A broadcast that breaks off, goes on, is let lapse and ends; then its key is changed. */
async function broadcast({ db, owner, remember }: Stage): Promise<void> {
  const stream = await createStream(db, owner.id, { visibility: 'private' });
  await db.as(owner)(
    (sql) =>
      sql`update public.streams set title = 'New', category = 'music', settings = '{"record": true, "n": 1.50}' where id = ${stream.id}`,
  );
  const first = await publish(db, stream, { publisher: 'a' });
  await remember();
  await db.asService((sql) => sql`select public.end_ingest('media-1', 'a', 1234)`);
  await remember();
  await publish(db, stream, { publisher: 'b' });
  await publish(db, stream, { publisher: 'second' });
  await db.asService((sql) => sql`select public.renew_ingest('media-1', '{}', true)`);
  await remember();
  await db.asService((sql) => sql`select public.renew_ingest('media-1', '{b}', true)`);
  await db.asService((sql) => sql`select public.end_ingest('media-1', 'b', 66)`);
  await ageSession(db, first.session_id ?? '', 100);
  await remember();
  await db.asService((sql) => sql`select public.reap_sessions()`);
  await db.as(owner)((sql) => sql`select public.rotate_stream_key(${stream.id}, 60)`);
  await remember();
}

/** A stream that an admin disables and enables, and that is live when its owner's account is deleted. */
async function leaveLive({ db, leaver, remember }: Stage): Promise<void> {
  const stream = await createStream(db, leaver.id);
  await publish(db, stream);
  await db.asAdmin((sql) => sql`select public.disable_stream(${stream.id})`);
  await remember();
  await db.asAdmin((sql) => sql`select public.enable_stream(${stream.id})`);
  await publish(db, stream);
  await db.sql`
    update public.streams set expires_at = now() + interval '1 hour' where id = ${stream.id}`;
  await remember();
}

export default {
  aggregates: {
    Stream: { table: 'public.streams', live: ['viewer_count', 'peak_viewers'] },
    StreamSession: { table: 'public.stream_sessions', live: LIVE_SESSION },
  },
  notices: ['AdmissionRefused', 'StreamKeyRotated'],
  async happen(stage) {
    await broadcast(stage);
    await leaveLive(stage);
  },
} satisfies DomainHistory;
