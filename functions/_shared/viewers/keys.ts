/**
 * The Redis keys of one stream. The braces are a hash tag: all of them are in one slot, so one
 * script may touch them on a Redis Cluster.
 */
export interface StreamKeys {
  /** Sorted set: who watches, by when they stop counting. Five minutes. */
  readonly viewers: string;
  /** Hash: the session's id, begin, viewer milliseconds up to `at`, peak; what the last one came to. A day. */
  readonly meter: string;
  /** HyperLogLog: who has watched the session. A day. */
  readonly uniques: string;
  /** Since when it is live. An hour. */
  readonly live: string;
  /** Sorted set: the tabs in which one signed-in user watches. Five minutes. */
  tabs(viewer: string): string;
  /** What a viewer's rate limit remembers. Seconds. */
  rate(viewer: string): string;
}

/** The keys of a stream. */
export function keysOf(streamId: string): StreamKeys {
  const prefix = `sb:{${streamId}}`;
  return {
    viewers: `${prefix}:viewers`,
    meter: `${prefix}:meter`,
    uniques: `${prefix}:uniques`,
    live: `${prefix}:live`,
    tabs: (viewer) => `${prefix}:tabs:${viewer}`,
    rate: (viewer) => `${prefix}:rate:${viewer}`,
  };
}

/** What an address' rate limit remembers, whichever streams it asks for. Seconds. */
export function addressKey(address: string): string {
  return `sb:{ip:${address}}:rate`;
}
