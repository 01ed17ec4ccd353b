/** Counting in Redis: each of these is one round trip, one script. */
import type { Admin } from '../_shared/job.ts';
import { askRedis } from '../_shared/redis.ts';
import { keysOf } from '../_shared/viewers/keys.ts';
import { viewerSettings } from './settings.ts';
import type { Viewing } from './token.ts';

/** How many watch now, or how long to wait before asking again. */
export type Count = { readonly viewers: number } | { readonly waitMs: number };

const asCount = ([viewers = 0, waitMs = 0]: readonly number[]): Count =>
  waitMs > 0 ? { waitMs } : { viewers };

/** Milliseconds between requests, and how many may come at once. */
const limit = (perSecond: number, burst: number) => [
  String(1000 / Math.max(perSecond, 1)),
  String(Math.max(burst, 1)),
];

function addressLimit(admin: Admin): string[] {
  const settings = viewerSettings(admin);
  return limit(settings.viewer_address_requests_per_second, settings.viewer_address_requests_burst);
}

/**
 * Counts a viewer from now until it has been silent for the setting's time.
 * @throws when Redis does not answer
 */
export async function touch(viewing: Viewing, address: string, admin: Admin): Promise<Count> {
  const { streamId, sessionId, startedAt, viewerId, tabId } = viewing;
  const settings = viewerSettings(admin);
  const keys = keysOf(streamId);
  const scriptKeys = [
    ...[keys.viewers, keys.meter, keys.uniques],
    ...[keys.rate(address), keys.rate(viewerId), keys.tabs(viewerId)],
  ];
  const args = [
    ...[sessionId, String(startedAt), viewerId, tabId],
    String(settings.viewer_ttl_seconds * 1000),
    ...addressLimit(admin),
    ...limit(settings.viewer_beats_per_second, settings.viewer_beats_burst),
  ];
  return asCount(await askRedis((client) => client.touchViewer(scriptKeys, args)));
}

/**
 * Counts a viewer no more; a signed-in user once the last tab is gone.
 * @throws when Redis does not answer
 */
export async function leave(viewing: Viewing, address: string, admin: Admin): Promise<Count> {
  const { streamId, viewerId, tabId } = viewing;
  const keys = keysOf(streamId);
  const scriptKeys = [
    ...[keys.viewers, keys.meter, keys.uniques],
    ...[keys.rate(address), keys.tabs(viewerId)],
  ];
  const args = [viewerId, tabId, ...addressLimit(admin)];
  return asCount(await askRedis((client) => client.leaveStream(scriptKeys, args)));
}
