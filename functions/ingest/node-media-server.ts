/** node-media-server posts JSON, labelled `text/plain`, with `createtime` and `name`. */
import * as v from 'valibot';
import { addressOf, PublisherId, streamIdOf, Text } from './fields.ts';
import { type Hook, IGNORED } from './hook.ts';

const Parameter = v.pipe(
  v.union([Text, v.array(Text)]),
  v.transform((value) => (typeof value === 'string' ? value : value[0])),
);

const Event = v.object({
  action: Text,
  id: PublisherId,
  createtime: v.number(),
  name: Text,
  ip: v.optional(Text, ''),
  query: v.optional(v.object({ key: v.optional(Parameter), token: v.optional(Parameter) }), {}),
  inbytes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});

type Publisher = Pick<v.InferOutput<typeof Event>, 'id' | 'inbytes'>;

function unpublish(mediaServer: string, { id, inbytes }: Publisher): Hook {
  return { kind: 'unpublish', mediaServer, publisherId: id, bytesIn: inbytes ?? null };
}

/**
 * Reads an event of node-media-server; null for anything else. 4.2 names both hooks of one
 * publish `postPublish`, 4.4 `prePublish` and `postPublish`: both ask. A publisher that found the
 * path taken ends with `donePlay`, and is told from a player by its key.
 */
export function parseNodeMediaServer(body: unknown, server: string | null): Hook | null {
  const parsed = v.safeParse(Event, body);
  if (!parsed.success) return null;
  const { action, id, name, ip, query, inbytes } = parsed.output;
  const mediaServer = server ?? 'node-media-server';
  const streamId = streamIdOf(name);
  switch (action) {
    case 'prePublish':
    case 'postPublish':
      return {
        kind: 'publish',
        mediaServer,
        publisherId: id,
        streamId,
        key: query.key ?? null,
        clientIp: addressOf(ip.replace(/:\d+$/, '')),
      };
    case 'donePublish':
      return unpublish(mediaServer, { id, inbytes });
    case 'donePlay':
      return query.key === undefined ? IGNORED : unpublish(mediaServer, { id, inbytes });
    case 'prePlay':
    case 'postPlay':
      return { kind: 'play', streamId, token: query.token ?? null };
    case 'postRecord':
    case 'doneRecord':
      return IGNORED;
    default:
      return null;
  }
}
