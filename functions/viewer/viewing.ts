/** Who watches what, and what the scripts are told of it. */
import { addressKey, keysOf } from '../_shared/viewers/keys.ts';

/** The settings that begin with `viewer_`, as the database gives them. */
export interface ViewerSettings {
  readonly viewer_ttl_seconds: number;
  readonly viewer_heartbeat_seconds: number;
  readonly viewer_beats_per_second: number;
  readonly viewer_beats_burst: number;
  readonly viewer_address_requests_per_second: number;
  readonly viewer_address_requests_burst: number;
}

/** So many at once, and then one in each interval. */
export interface Limit {
  readonly intervalMs: number;
  readonly burst: number;
}

/** All that counting a viewer needs. */
export interface Viewing {
  readonly streamId: string;
  readonly sessionId: string;
  /** When the session began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The signed-in user, or one visit of somebody anonymous. */
  readonly viewerId: string;
  /** One of the user's tabs; empty for somebody anonymous, who has no more than one. */
  readonly tabId: string;
  readonly ttlMs: number;
  readonly beats: Limit;
  /** Of all requests that come from the viewer's address. */
  readonly requests: Limit;
}

type Command = [keys: string[], args: string[]];

const limitOf = (perSecond: number, burst: number): Limit => ({
  intervalMs: 1000 / Math.max(perSecond, 1),
  burst: Math.max(burst, 1),
});

/** What the settings say of a viewer who joins now. */
export function termsOf(settings: ViewerSettings): Pick<Viewing, 'ttlMs' | 'beats' | 'requests'> {
  return {
    ttlMs: settings.viewer_ttl_seconds * 1000,
    beats: limitOf(settings.viewer_beats_per_second, settings.viewer_beats_burst),
    requests: limitOf(
      settings.viewer_address_requests_per_second,
      settings.viewer_address_requests_burst,
    ),
  };
}

/** For `admitAddress`. */
export function admitCommand(address: string, { intervalMs, burst }: Limit): Command {
  return [[addressKey(address)], [String(intervalMs), String(burst)]];
}

/** For `touchViewer`. */
export function touchCommand(viewing: Viewing): Command {
  const { streamId, sessionId, startedAt, viewerId, tabId, ttlMs, beats } = viewing;
  const keys = keysOf(streamId);
  return [
    [keys.viewers, keys.meter, keys.uniques, keys.rate(viewerId), keys.tabs(viewerId)],
    [
      ...[sessionId, String(startedAt), viewerId, tabId],
      ...[String(ttlMs), String(beats.intervalMs), String(beats.burst)],
    ],
  ];
}

/** For `leaveStream`. */
export function leaveCommand({ streamId, viewerId, tabId }: Viewing): Command {
  const keys = keysOf(streamId);
  return [
    [keys.viewers, keys.meter, keys.uniques, keys.tabs(viewerId)],
    [viewerId, tabId],
  ];
}
