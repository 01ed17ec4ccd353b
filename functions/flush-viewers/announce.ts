/** Tells Redis which streams began and ended, from their events: after commit, in order, at least once. */
import type { Admin } from '../_shared/job.ts';
import type { Redis } from '../_shared/redis.ts';
import { keysOf } from '../_shared/viewers/keys.ts';

const CONSUMER = 'redis-streams';
/** Where Redis' subscribers hear of it. */
export const CHANNEL = 'stream:events';
const PAGE = 500;
/** A first run on an old log is spread over several. */
const MOST_PAGES = 20;
const LIVE_SECONDS = 3600;

interface StreamEvent {
  readonly position: number;
  readonly version: number;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly event_data: { readonly new?: { readonly started_at?: string } | null };
  readonly created_at: string;
}

const ENDINGS = new Set(['StreamEnded', 'StreamDeleted']);

function isAnnounced({ aggregate_type: aggregate, event_type: type }: StreamEvent): boolean {
  return aggregate === 'Stream' && (type === 'StreamStarted' || ENDINGS.has(type));
}

async function announce(client: Redis, event: StreamEvent): Promise<void> {
  const { live } = keysOf(event.aggregate_id);
  if (ENDINGS.has(event.event_type)) await client.del(live);
  else await client.set(live, event.event_data.new?.started_at ?? '', { EX: LIVE_SECONDS });
  const { position, version, event_type: type, aggregate_id: streamId, created_at: at } = event;
  const notice = { type, stream_id: streamId, position, version, at };
  await client.publish(CHANNEL, JSON.stringify(notice));
}

async function announcePage(admin: Admin, client: Redis): Promise<{ read: number; told: number }> {
  const claim = await admin.rpc('claim_events', {
    consumer: CONSUMER,
    max_count: PAGE,
    lease_seconds: 60,
  });
  if (claim.error) throw new Error(claim.error.message);
  const events: StreamEvent[] = claim.data;
  const last = events.at(-1);
  if (!last) return { read: 0, told: 0 };
  const announced = events.filter(isAnnounced);
  for (const event of announced) await announce(client, event);
  const done = await admin.rpc('acknowledge_events', {
    consumer: CONSUMER,
    position: last.position,
  });
  if (done.error) throw new Error(done.error.message);
  return { read: events.length, told: announced.length };
}

/**
 * Sets or removes `sb:{stream}:live` and publishes on `stream:events`.
 * @returns how many beginnings and ends were told
 * @throws Error when Redis or the database does not answer; then the rest is told at the next run
 */
export async function announceStreams(admin: Admin, client: Redis): Promise<number> {
  let told = 0;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { read, told: toldNow } = await announcePage(admin, client);
    told += toldNow;
    if (read < PAGE) break;
  }
  return told;
}
