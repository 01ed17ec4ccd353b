/**
 * MediaMTX asks its authentication server with JSON that has `path` and `protocol`. It has no
 * hook for the end; its `runOnUnavailable` command posts `action` `unpublish` in the same form.
 */
import * as v from 'valibot';
import { addressOf, PublisherId, queryOf, streamIdOf, Text } from './fields.ts';
import type { Hook } from './hook.ts';

const Request = v.object({
  action: v.picklist(['publish', 'unpublish', 'read', 'playback']),
  path: Text,
  protocol: Text,
  id: v.nullish(PublisherId),
  ip: v.optional(Text, ''),
  query: v.optional(Text, ''),
  /** WebRTC's bearer token: OBS has one field for it and no query. */
  token: v.optional(Text, ''),
});

/** Reads a request of MediaMTX; null for anything else. */
export function parseMediaMtx(body: unknown, server: string | null): Hook | null {
  const parsed = v.safeParse(Request, body);
  if (!parsed.success) return null;
  const { action, path, id, ip, query, token } = parsed.output;
  const parameters = queryOf(query);
  const streamId = streamIdOf(path);
  if (action === 'read' || action === 'playback') {
    return { kind: 'play', streamId, token: parameters.get('token') ?? (token || null) };
  }
  if (!id) return null;
  const publisher = { mediaServer: server ?? 'mediamtx', publisherId: id };
  if (action === 'unpublish') return { kind: 'unpublish', ...publisher, bytesIn: null };
  return {
    kind: 'publish',
    ...publisher,
    streamId,
    key: parameters.get('key') ?? (token || null),
    clientIp: addressOf(ip),
  };
}
