/** SRS posts JSON with an `action` that begins with `on_`. */
import * as v from 'valibot';
import { addressOf, PublisherId, queryOf, ServerName, streamIdOf, Text } from './fields.ts';
import { type Hook, IGNORED } from './hook.ts';

const Event = v.object({
  action: v.pipe(Text, v.startsWith('on_')),
  client_id: v.optional(PublisherId),
  server_id: v.optional(ServerName),
  ip: v.optional(Text, ''),
  stream: v.optional(Text, ''),
  param: v.optional(Text, ''),
});

const WITHOUT_CONSEQUENCE = new Set(['on_connect', 'on_close', 'on_stop', 'on_dvr', 'on_hls']);

/** Reads an event of SRS; null for anything else. */
export function parseSrs(body: unknown, server: string | null): Hook | null {
  const parsed = v.safeParse(Event, body);
  if (!parsed.success) return null;
  const { action, client_id, server_id, ip, stream, param } = parsed.output;
  if (WITHOUT_CONSEQUENCE.has(action)) return IGNORED;
  const streamId = streamIdOf(stream);
  const query = queryOf(param);
  if (action === 'on_play') return { kind: 'play', streamId, token: query.get('token') };
  if (!client_id) return null;
  const mediaServer = server ?? (server_id ? `srs:${server_id}` : 'srs');
  const publisher = { mediaServer, publisherId: client_id };
  switch (action) {
    case 'on_publish':
      return {
        kind: 'publish',
        ...publisher,
        streamId,
        key: query.get('key'),
        clientIp: addressOf(ip),
      };
    case 'on_unpublish':
      return { kind: 'unpublish', ...publisher, bytesIn: null };
    default:
      return null;
  }
}
