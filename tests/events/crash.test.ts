/** kill -9 of Postgres in the middle of appends keeps exactly the acknowledged ones. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { bootstrapCluster, bootstrapDatabase } from '../../stack/postgres/bootstrap.ts';
import { startCluster } from '../../stack/postgres/cluster.ts';
import { appendOn, type StoredEvent } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';

const WRITERS = 8;
const KILLS = 3;

interface Attempt {
  readonly eventId: string;
  readonly aggregateId: string;
  version?: string;
}

/** Appends until the server goes away; the last attempt has no answer. */
async function appendUntilGone(url: string, aggregateId: string): Promise<Attempt[]> {
  const sql = postgres(url, { max: 1, onnotice() {}, connect_timeout: 5 });
  const attempts: Attempt[] = [];
  try {
    for (let n = 0; n < 100_000; n++) {
      const attempt: Attempt = { eventId: randomUUID(), aggregateId };
      attempts.push(attempt);
      attempt.version = (await appendOn(sql, aggregateId, { eventId: attempt.eventId })).version;
    }
  } catch {
    return attempts;
  } finally {
    await sql.end({ timeout: 0 });
  }
  throw new Error('the server was never killed');
}

test('each acknowledged event is there, each unanswered one is there once after its retry, and the chains are whole', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'streambed-crash-'));
  const port = await freePort();
  let cluster = await startCluster({ dataDir, port });
  const url = databaseUrl(port, 'postgres');
  try {
    await bootstrapCluster(databaseUrl(port, 'supabase_admin'));
    await bootstrapDatabase(databaseUrl(port, 'supabase_admin'));
    await migrateUp({ url });
    const aggregates = Array.from({ length: WRITERS }, () => randomUUID());
    const attempts: Attempt[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const writing = Promise.all(aggregates.map((id) => appendUntilGone(url, id)));
      const watch = postgres(url, { max: 1, onnotice() {} });
      for (let poll = 0, count = 0; count < 400 * (kill + 1) && poll < 10_000; poll++) {
        [{ count }] = await watch<
          [{ count: number }]
        >`select count(*)::integer as count from private.event_log`;
      }
      process.kill(cluster.pid, 'SIGKILL');
      attempts.push(...(await writing).flat());
      await watch.end({ timeout: 0 });
      cluster = await startCluster({ dataDir, port });
    }

    const sql = postgres(url, { max: 1, onnotice() {} });
    const stored = new Map(
      (await sql<StoredEvent[]>`select * from private.event_log`).map((event) => [event.id, event]),
    );
    const answered = attempts.filter(({ version }) => version !== undefined);
    const unanswered = attempts.filter(({ version }) => version === undefined);
    expect(answered.length).toBeGreaterThan(400);
    for (const { eventId, version } of answered) expect(stored.get(eventId)?.version).toBe(version);
    expect(unanswered).toHaveLength(WRITERS * KILLS);
    expect(stored.size - answered.length).toBeLessThanOrEqual(unanswered.length);

    for (const { eventId, aggregateId } of unanswered)
      await appendOn(sql, aggregateId, { eventId });
    const [counts] =
      await sql`select count(*)::integer as events, count(distinct id)::integer as ids from private.event_log`;
    expect(counts).toEqual({ events: attempts.length, ids: attempts.length });
    for (const id of aggregates) {
      const [proof] = await sql`select to_jsonb(public.verify_events('Probe', ${id})) as proof`;
      expect(proof?.proof).toMatchObject({ valid: true });
    }
    await sql.end();
  } finally {
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
