/**
 * Starts a restream request: `{"request_id": "<uuid>"}` from its owner, an admin, or with the secret
 * key. Answers its session; the active one where it is streaming already.
 */
import { withSupabase } from '@supabase/server';
import * as v from 'valibot';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';
import { limitBody } from '../_shared/limit-body.ts';
import { readInput, Uuid } from '../_shared/read-input.ts';
import { signSource } from './source.ts';

const MAX_BODY_BYTES = 1024;
const Start = v.object({ request_id: Uuid });

export default {
  fetch: limitBody(
    MAX_BODY_BYTES,
    withSupabase({ auth: ['user', 'secret'] }, async (request, { supabase, supabaseAdmin }) => {
      const input = await readInput(request, Start, 'Send {"request_id": "<uuid>"}.');
      if ('refusal' in input) return input.refusal;
      const source = await signSource(supabase, supabaseAdmin, input.given.request_id);
      if ('refusal' in source) return source.refusal;
      const start = await supabase.rpc('start_stream_request', input.given);
      if (start.error) return databaseErrorAnswer(start);
      if (source.signedUrl) {
        const provided = await supabaseAdmin.rpc('provide_session_source', {
          session_id: start.data.id,
          source_url: source.signedUrl,
        });
        if (provided.error) return databaseErrorAnswer(provided);
      }
      return Response.json(start.data);
    }),
  ),
};
