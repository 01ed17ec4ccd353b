/** Where streams are: `/live/<stream id>`, pushed by RTMP, played by RTMP, HTTP-FLV and WebSocket-FLV. */

export const APPLICATION = 'live';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FLV_URL = /^\/live\/([0-9a-f-]{36})\.flv(?:\?(.*))?$/;

/** Whether a name can be a stream's id. */
export function isStreamId(name: string): boolean {
  return UUID.test(name);
}

/** The stream's path in node-media-server. */
export function streamPath(streamId: string): string {
  return `/${APPLICATION}/${streamId}`;
}

/** Reads a playback URL; null when it is none. */
export function parseFlvUrl(url: string): { streamId: string; query: URLSearchParams } | null {
  const [, streamId = '', query = ''] = FLV_URL.exec(url) ?? [];
  return isStreamId(streamId) ? { streamId, query: new URLSearchParams(query) } : null;
}
