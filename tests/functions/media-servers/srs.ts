/** As trunk/src/app/srs_app_http_hooks.cpp of SRS 6 writes them. */
import type { MediaServer } from './media-server.ts';

const SERVER = {
  server_id: 'vid-0xk989d',
  service_id: '382k5a6r',
};

function event(action: string, more: Record<string, unknown>): string {
  return JSON.stringify({
    ...SERVER,
    action,
    vhost: '__defaultVhost__',
    app: 'live',
    tcUrl: 'rtmp://127.0.0.1:1935/live',
    ...more,
  });
}

function stream(streamId: string, param: string) {
  return { stream: streamId, param, stream_url: `/live/${streamId}`, stream_id: 'vid-124q9y3' };
}

export const srs: MediaServer = {
  name: 'srs:vid-0xk989d',
  contentType: 'application/json',
  publisherId: (n) => `9308h58${n}`,
  publish: ({ id, ip, streamId, key }) => [
    event('on_publish', { client_id: id, ip, ...stream(streamId, `?key=${key}`) }),
  ],
  unpublish: ({ id, ip, streamId, key }) =>
    event('on_unpublish', { client_id: id, ip, ...stream(streamId, `?key=${key}`) }),
  play: ({ streamId, token }) =>
    event('on_play', {
      client_id: '5z0q7m1x',
      ip: '192.0.2.9',
      pageUrl: '',
      ...stream(streamId, token ? `?token=${token}` : ''),
    }),
  others: ({ id, ip, streamId }) => [
    event('on_connect', { client_id: id, ip, stream: '', param: '', pageUrl: '' }),
    event('on_stop', { client_id: id, ip, ...stream(streamId, '') }),
    event('on_close', { client_id: id, ip, send_bytes: 1, recv_bytes: 2 }),
    event('on_hls', { client_id: id, ip, ...stream(streamId, ''), duration: 9.36, seq_no: 100 }),
  ],
};
