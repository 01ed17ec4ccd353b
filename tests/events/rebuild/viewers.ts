import { expect } from 'vitest';
import type { TestDatabase } from '../../support/database.ts';
import type { DomainHistory } from '../../support/history.ts';
import { createStream, publish } from '../../support/streams.ts';

/** What is over has no live numbers any more: they are in its events too. */
async function expectFinalNumbers(db: TestDatabase): Promise<void> {
  const [session] = await db.sql`
    select count(*)::int as sessions, count(*) filter (where peak_viewers = 4)::int as watched,
      count(*) filter (where to_jsonb(row) - 'last_seen_at' = to_jsonb(jsonb_populate_record(null::public.stream_sessions,
        private.replay('StreamSession', row.id, null, null))) - 'last_seen_at')::int as rebuilt
    from public.stream_sessions as row where not is_active and kind = 'ingest'`;
  expect(session).toMatchObject({ watched: 1, rebuilt: session?.sessions });
  const [stream] = await db.sql`
    select count(*)::int as streams, count(*) filter (where to_jsonb(row) - 'viewer_count' = to_jsonb(jsonb_populate_record(null::public.streams,
      private.replay('Stream', row.id, null, null))) - 'viewer_count')::int as rebuilt
    from public.streams as row where ended_at is not null`;
  expect(stream?.rebuilt).toBe(stream?.streams);
}

export default {
  async happen({ db, leaver, remember }) {
    const stream = await createStream(db, leaver.id);
    const { session_id: session } = await publish(db, stream);
    await db.asAdmin((sql) => sql`select public.disable_stream(${stream.id})`);
    await remember();
    const watched = { stream_id: stream.id, session_id: session as string, at_ms: Date.now() };
    const sample = { ...watched, viewers: 3, peak: 4, uniques: 5, viewer_seconds: 6 };
    await db.asService((sql) => sql`select public.record_viewers(${sql.json([sample])})`);
    await expectFinalNumbers(db);
    await remember();
  },
} satisfies DomainHistory;
