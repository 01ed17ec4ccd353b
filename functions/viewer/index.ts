/**
 * Counts viewers: `{"action": "join", "stream_id"}` with the publishable key or a user's token, then
 * `{"action": "beat", "viewer_token"}` every `heartbeat_seconds`, and `{"action": "leave", "viewer_token"}`.
 *
 * Not within `withSupabase`, which makes two clients of the database for each request: a beat needs
 * none, and they cost more than all the rest of it.
 */
import { corsHeaders } from '@supabase/supabase-js/cors';
import * as v from 'valibot';
import { limitBody } from '../_shared/limit-body.ts';
import { goOn, joinStream } from './actions.ts';
import { malformedAnswer } from './answers.ts';

const MAX_BODY_BYTES = 4 * 1024;
const CORS = Object.entries(corsHeaders);

const Token = v.pipe(v.string(), v.maxLength(1000));
const Action = v.variant('action', [
  v.object({ action: v.literal('join'), stream_id: v.pipe(v.string(), v.toLowerCase(), v.uuid()) }),
  v.object({ action: v.literal('beat'), viewer_token: Token }),
  v.object({ action: v.literal('leave'), viewer_token: Token }),
]);

async function act(request: Request): Promise<Response> {
  const given = v.safeParse(Action, await request.json().catch(() => null));
  if (!given.success) return malformedAnswer();
  const wanted = given.output;
  return wanted.action === 'join'
    ? await joinStream(request, wanted.stream_id)
    : await goOn(request, wanted.action, wanted.viewer_token);
}

const answer = limitBody(MAX_BODY_BYTES, act);

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS });
    const response = await answer(request);
    for (const [name, value] of CORS) response.headers.set(name, value);
    return response;
  },
};
