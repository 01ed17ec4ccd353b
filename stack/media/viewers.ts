/** What node-media-server leaves to the viewers themselves: to notice the end, and to keep up. */
import Context, { type Session } from 'node-media-server/src/core/context.js';

/** What may wait in memory for one viewer: half a minute of video, more than any player buffers. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

function socketOf(session: Session) {
  return session.socket ?? session.req?.socket;
}

/** Ends the playback of a stream whose publisher has not come back. */
export function endViewers(path: string): void {
  const broadcast = Context.broadcasts.get(path);
  if (!broadcast || broadcast.publisher) return;
  for (const viewer of broadcast.subscribers.values()) viewer.close();
}

/** Drops viewers whose connection is too slow for the stream. */
export function dropSlowViewers(): void {
  for (const session of Context.sessions.values()) {
    const socket = socketOf(session);
    if (socket && socket.writableLength > MAX_BACKLOG_BYTES) socket.destroy();
  }
}
