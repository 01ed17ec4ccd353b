/**
 * Stops a restream session: `{"session_id": "<uuid>"}` from its owner, an admin, or with the secret
 * key. Answers the session: `stopping` while its worker ends it; one that ended stays as it is.
 */
import { withSupabase } from '@supabase/server';
import * as v from 'valibot';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';
import { limitBody } from '../_shared/limit-body.ts';
import { readInput, Uuid } from '../_shared/read-input.ts';

const MAX_BODY_BYTES = 1024;
const Stop = v.object({ session_id: Uuid });

export default {
  fetch: limitBody(
    MAX_BODY_BYTES,
    withSupabase({ auth: ['user', 'secret'] }, async (request, { supabase }) => {
      const input = await readInput(request, Stop, 'Send {"session_id": "<uuid>"}.');
      if ('refusal' in input) return input.refusal;
      const stop = await supabase.rpc('stop_restream', input.given);
      return stop.error ? databaseErrorAnswer(stop) : Response.json(stop.data);
    }),
  ),
};
