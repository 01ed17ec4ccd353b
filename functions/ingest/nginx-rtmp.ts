/**
 * nginx-rtmp posts forms: its own fields first, then whatever the client wrote behind the `?`,
 * unescaped. Only the first field of a name can therefore be nginx' own word.
 */
import * as v from 'valibot';
import { addressOf, PublisherId, streamIdOf, Text } from './fields.ts';
import { type Hook, IGNORED } from './hook.ts';

const Call = v.object({
  call: Text,
  name: v.optional(Text, ''),
  addr: v.optional(Text, ''),
  clientid: v.optional(Text),
  key: v.optional(Text),
  token: v.optional(Text),
});

const WITHOUT_CONSEQUENCE = new Set([
  'connect',
  'disconnect',
  'done',
  'play_done',
  'record_done',
  'update_play',
]);

function firstFieldOf(form: URLSearchParams, name: string): string | undefined {
  return form.get(name) ?? undefined;
}

/**
 * Reads a form body of nginx-rtmp. `clientid` numbers its connections and begins again with each
 * start of nginx. Returns null for anything else.
 */
export function parseNginxRtmp(form: URLSearchParams, server: string | null): Hook | null {
  const fields = Object.keys(Call.entries).map((name) => [name, firstFieldOf(form, name)]);
  const parsed = v.safeParse(Call, Object.fromEntries(fields));
  if (!parsed.success) return null;
  const { call, name, addr, key, token } = parsed.output;
  if (WITHOUT_CONSEQUENCE.has(call)) return IGNORED;
  const streamId = streamIdOf(name);
  if (call === 'play') return { kind: 'play', streamId, token: token ?? null };
  const client = v.safeParse(PublisherId, parsed.output.clientid);
  if (!client.success) return null;
  const publisher = { mediaServer: server ?? 'nginx-rtmp', publisherId: client.output };
  switch (call) {
    case 'publish':
      return {
        kind: 'publish',
        ...publisher,
        streamId,
        key: key ?? null,
        clientIp: addressOf(addr),
      };
    case 'update_publish':
      return { kind: 'keep', ...publisher };
    case 'publish_done':
      return { kind: 'unpublish', ...publisher, bytesIn: null };
    default:
      return null;
  }
}
