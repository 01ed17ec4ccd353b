/** Tells Redis which streams began and ended, from their events: after commit, in order, at least once. */
import type { Admin } from '../job.ts';
import { askRedis, type Redis } from '../redis.ts';
import { keysOf } from './keys.ts';

const CONSUMER = 'redis-streams';
/** Where Redis' subscribers hear of it. */
export const CHANNEL = 'stream:events';
const PAGE = 500;
/** What has piled up is spread over several runs. */
const MOST_PAGES = 20;
const WITHIN_MS = 20_000;
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
    lease_seconds: WITHIN_MS / 1000,
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

async function announceAll(admin: Admin, client: Redis): Promise<number> {
  let told = 0;
  await client.ping(); // what is claimed and cannot be told waits for the lease to run out
  // Until nothing is left: what commits while a page is told finds the consumer taken, and leaves it to us.
  for (let page = 0; page < MOST_PAGES; page++) {
    const { read, told: toldNow } = await announcePage(admin, client);
    told += toldNow;
    if (read === 0) break;
  }
  return told;
}

/**
 * Sets or removes `sb:{stream}:live` and publishes on `stream:events`.
 * @returns how many beginnings and ends were told
 * @throws Error when Redis or the database does not answer; then the rest is told at the next run
 */
export function announceStreams(admin: Admin): Promise<number> {
  return askRedis((client) => announceAll(admin, client), WITHIN_MS);
}

interface Runtime {
  readonly EdgeRuntime?: { waitUntil(work: Promise<unknown>): void };
}

/** The same once the answer is on its way; what fails here, the next flush makes up for. */
export function announceInBackground(admin: Admin): void {
  const announced = announceStreams(admin).catch(() => {});
  (globalThis as Runtime).EdgeRuntime?.waitUntil(announced);
}
