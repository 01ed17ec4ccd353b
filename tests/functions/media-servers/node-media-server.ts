/** Recorded from node-media-server 4.4.3, which asks for each publish with two bodies. */
import type { MediaServer, Publisher } from './media-server.ts';

function event(action: string, more: Record<string, unknown>): string {
  return JSON.stringify({
    app: 'live',
    protocol: 'rtmp',
    createtime: 1795234707981,
    endtime: 0,
    inbytes: 3519,
    outbytes: 0,
    filePath: '',
    ...more,
    action,
  });
}

function publisherEvent(action: string, { id, ip, streamId, key }: Publisher, inbytes = 3519) {
  return event(action, { id, ip: `${ip}:33038`, name: streamId, query: { key }, inbytes });
}

/** How a publisher ends that found the path taken: as a player would. */
export function refusedByServer(publisher: Publisher): string {
  return publisherEvent('donePlay', publisher, 137709);
}

/** The two bodies of one publish in 4.2. */
export function publishIn42(publisher: Publisher): string[] {
  return ['postPublish', 'postPublish'].map((action) => publisherEvent(action, publisher));
}

export const nodeMediaServer: MediaServer = {
  name: 'node-media-server',
  contentType: 'text/plain;charset=UTF-8',
  publisherId: (n) => `mwpwe6167colp2t${n}`,
  publish: (publisher) =>
    ['prePublish', 'postPublish'].map((action) => publisherEvent(action, publisher)),
  unpublish: (publisher) => publisherEvent('donePublish', publisher, 2032804),
  play: ({ streamId, token }) =>
    event('prePlay', {
      id: 'mwpwe7khc02ruvsg',
      ip: '192.0.2.9:52392',
      protocol: 'flv',
      name: streamId,
      query: token ? { token } : {},
    }),
  others: ({ streamId }) => [
    event('donePlay', {
      id: 'mwpwe7khc02ruvsg',
      ip: '192.0.2.9:52392',
      protocol: 'flv',
      name: streamId,
      query: { token: 'x' },
    }),
    event('postRecord', { id: 'r1', ip: '', protocol: 'flv', name: streamId, query: {} }),
  ],
};
