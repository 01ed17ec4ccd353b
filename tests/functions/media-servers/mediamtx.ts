/** As internal/auth/manager.go of MediaMTX 1.20 writes them; the end as docs/ingest.md tells it to. */
import type { MediaServer } from './media-server.ts';

function request(action: string, more: Record<string, unknown>): string {
  return JSON.stringify({
    ip: '192.0.2.9',
    user: '',
    password: '',
    token: '',
    action,
    protocol: 'rtmp',
    id: null,
    query: '',
    userAgent: 'FMLE/3.0 (compatible; Lavf58.24',
    ...more,
  });
}

const path = (streamId: string) => `live/${streamId}`;

/** A publisher that is WebRTC (WHIP): its key is a bearer token. */
export function whip({ id, ip, streamId, key }: Parameters<MediaServer['publish']>[0]): string {
  return request('publish', { id, ip, protocol: 'webrtc', path: path(streamId), token: key });
}

export const mediaMtx: MediaServer = {
  name: 'mediamtx',
  contentType: 'application/json',
  publisherId: (n) => `4ad6b624-8e2b-4c8b-9a0e-6f4a5d1c9a0${n}`,
  publish: ({ id, ip, streamId, key }) => [
    request('publish', { id, ip, path: path(streamId), query: `key=${key}` }),
  ],
  unpublish: ({ id, streamId }) =>
    JSON.stringify({ action: 'unpublish', protocol: 'rtmpConn', path: path(streamId), id }),
  play: ({ streamId, token }) =>
    request('read', {
      protocol: 'hls',
      path: path(streamId),
      query: token ? `token=${token}` : '',
    }),
  others: () => [],
};
