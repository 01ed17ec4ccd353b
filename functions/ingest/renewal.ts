/**
 * The renewal that the local stack's media server posts, and that any other server's operator can:
 * `{"action":"renew","server":"edge-1","publishers":["…"],"complete":true}`.
 */
import * as v from 'valibot';
import { PublisherId, ServerName } from './fields.ts';
import type { RenewHook } from './hook.ts';

const Renewal = v.object({
  action: v.literal('renew'),
  server: v.optional(ServerName),
  publishers: v.pipe(v.array(PublisherId), v.maxLength(1000)),
  complete: v.optional(v.boolean(), false),
});

/** Reads a renewal; null for anything else, or when neither body nor URL name the server. */
export function parseRenewal(body: unknown, server: string | null): RenewHook | null {
  const parsed = v.safeParse(Renewal, body);
  if (!parsed.success) return null;
  const { publishers, complete } = parsed.output;
  const mediaServer = parsed.output.server ?? server;
  if (!mediaServer) return null;
  return { kind: 'renew', mediaServer, publisherIds: publishers, isComplete: complete };
}
