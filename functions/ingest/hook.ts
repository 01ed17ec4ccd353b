/** What a hook means, whichever server sent it. */

/** A publisher asks to go on. `streamId` is null when the stream's name is not a stream's id. */
export interface PublishHook {
  kind: 'publish';
  mediaServer: string;
  publisherId: string;
  streamId: string | null;
  key: string | null;
  clientIp: string | null;
}

/** A publisher has gone. */
export interface UnpublishHook {
  kind: 'unpublish';
  mediaServer: string;
  publisherId: string;
  bytesIn: number | null;
}

/** One publisher is still there, and its server drops it if the answer is no. */
export interface KeepHook {
  kind: 'keep';
  mediaServer: string;
  publisherId: string;
}

/** These publishers are still there; with `isComplete`, no others are. */
export interface RenewHook {
  kind: 'renew';
  mediaServer: string;
  publisherIds: string[];
  isComplete: boolean;
}

/** A player asks to go on. */
export interface PlayHook {
  kind: 'play';
  streamId: string | null;
  token: string | null;
}

/** A known hook that changes nothing. */
export interface IgnoredHook {
  kind: 'ignored';
}

export type Hook = PublishHook | UnpublishHook | KeepHook | RenewHook | PlayHook | IgnoredHook;

export const IGNORED: IgnoredHook = { kind: 'ignored' };
