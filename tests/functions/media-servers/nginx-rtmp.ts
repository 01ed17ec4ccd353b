/** Recorded from nginx-rtmp 1.2.2 on nginx 1.22.1. */
import type { MediaServer, Player, Publisher } from './media-server.ts';

function session(clientId: string, ip: string): string {
  const flashver = 'FMLE/3.0%20(compatible%3B%20Lavf58.24';
  const tcurl = 'rtmp://127.0.0.1:1935/live';
  return `app=live&flashver=${flashver}&swfurl=&tcurl=${tcurl}&pageurl=&addr=${ip}&clientid=${clientId}`;
}

const of = ({ id, ip }: Publisher) => session(id, ip);
const named = ({ streamId, key }: Publisher) => `name=${streamId}&type=live&key=${key}`;

/** What nginx posts every 30 s while somebody publishes. */
export function updatePublish(publisher: Publisher): string {
  const { streamId, key } = publisher;
  return `${of(publisher)}&call=update_publish&time=30&timestamp=29983&name=${streamId}&key=${key}`;
}

export const nginxRtmp: MediaServer = {
  name: 'nginx-rtmp',
  contentType: 'application/x-www-form-urlencoded',
  publisherId: (n) => String(n),
  publish: (publisher) => [`${of(publisher)}&call=publish&${named(publisher)}`],
  unpublish: (publisher) => `${of(publisher)}&call=publish_done&${named(publisher)}`,
  play: ({ streamId, token }: Player) => {
    const range = 'start=4294965296&duration=0&reset=0';
    const args = token ? `&token=${token}` : '';
    return `${session('900', '192.0.2.9')}&call=play&name=${streamId}&${range}${args}`;
  },
  others: (publisher) => [
    `${of(publisher)}&call=connect`,
    `${of(publisher)}&call=update_play&time=30&timestamp=1&name=${publisher.streamId}`,
    `${of(publisher)}&call=play_done&name=${publisher.streamId}`,
    `${of(publisher)}&call=done&${named(publisher)}`,
  ],
};
