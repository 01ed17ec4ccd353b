import * as v from 'valibot';
import { ServerName } from './fields.ts';
import type { Hook } from './hook.ts';
import { parseMediaMtx } from './mediamtx.ts';
import { parseNginxRtmp } from './nginx-rtmp.ts';
import { parseNodeMediaServer } from './node-media-server.ts';
import { parseRenewal } from './renewal.ts';
import { parseSrs } from './srs.ts';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Tells by its shape which server a body comes from, and what it means. node-media-server labels
 * its JSON `text/plain`, so the content type is not asked.
 *
 * @param body the request's text
 * @param server the hook URL's `server` parameter: our name for that server
 * @returns the hook, or null when the body or the name is none that we know
 */
export function parseHook(body: string, server: string | null): Hook | null {
  if (server !== null && !v.is(ServerName, server)) return null;
  if (!body.startsWith('{')) return parseNginxRtmp(new URLSearchParams(body), server);
  const json = parseJson(body);
  return (
    parseSrs(json, server) ??
    parseMediaMtx(json, server) ??
    parseNodeMediaServer(json, server) ??
    parseRenewal(json, server)
  );
}
