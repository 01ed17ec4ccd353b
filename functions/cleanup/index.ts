/**
 * Does what time makes due, step by step. Called on a schedule with a secret key; answers what each
 * step did, as `{"reap_sessions": 2, …}`. A step that fails does not keep the others from running;
 * the answer is then the first failure.
 */
import { withSupabase } from '@supabase/server';
import { databaseErrorAnswer } from '../_shared/error-answer.ts';

/** SQL functions without parameters that answer how much they did. */
const STEPS = ['reap_sessions', 'expire_packages', 'maintain_partitions'] as const;

export default {
  fetch: withSupabase({ auth: 'secret' }, async (_request, { supabaseAdmin }) => {
    const done: Record<string, unknown> = {};
    let failure: Response | undefined;
    for (const step of STEPS) {
      const { data, error, status } = await supabaseAdmin.rpc(step);
      if (error) failure ??= databaseErrorAnswer({ status, error });
      else done[step] = data;
    }
    return failure ?? Response.json(done);
  }),
};
