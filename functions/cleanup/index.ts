/** Ends the sessions whose publisher is gone for good. Called on a schedule with a secret key. */
import { withSupabase } from '@supabase/server';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';

export default {
  fetch: withSupabase({ auth: 'secret' }, async (_request, { supabaseAdmin }) => {
    const { data, error, status } = await supabaseAdmin.rpc('reap_sessions');
    if (error) return databaseErrorAnswer({ status, error });
    return Response.json({ reaped_sessions: data });
  }),
};
