/**
 * Counts viewers: `{"action": "join", "stream_id"}` with the publishable key or a user's token, then
 * `{"action": "beat", "viewer_token"}` every `heartbeat_seconds`, and `{"action": "leave", "viewer_token"}`.
 */
import { withSupabase } from '@supabase/server';
import * as v from 'valibot';
import { limitBody } from '../_shared/limit-body.ts';
import { goOn, joinStream } from './actions.ts';
import { malformedAnswer } from './answers.ts';

const MAX_BODY_BYTES = 4 * 1024;

const Token = v.pipe(v.string(), v.maxLength(1000));
const Action = v.variant('action', [
  v.object({ action: v.literal('join'), stream_id: v.pipe(v.string(), v.toLowerCase(), v.uuid()) }),
  v.object({ action: v.literal('beat'), viewer_token: Token }),
  v.object({ action: v.literal('leave'), viewer_token: Token }),
]);

export default {
  // A beat's token is all the proof it needs; joinStream looks at the key or the user itself.
  fetch: limitBody(
    MAX_BODY_BYTES,
    withSupabase({ auth: 'none' }, async (request, { supabaseAdmin }) => {
      const given = v.safeParse(Action, await request.json().catch(() => null));
      if (!given.success) return malformedAnswer();
      const wanted = given.output;
      return wanted.action === 'join'
        ? await joinStream(request, wanted.stream_id)
        : await goOn(request, wanted.action, wanted.viewer_token, supabaseAdmin);
    }),
  ),
};
