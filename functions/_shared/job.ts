/** Functions that a schedule calls: only with a secret key, never twice at once, each run recorded that did something. */
import type { SupabaseContext } from '@supabase/server';
import { databaseErrorAnswer, type Failure, ownFailure } from './error-answer.ts';
import { withCaller } from './with-caller.ts';

/** Calls SQL functions as `service_role`. */
export type Admin = SupabaseContext['supabaseAdmin'];

/** What a run did, `{}` for nothing, and, if something went wrong, what: the rest was done all the same. */
export interface JobOutcome {
  readonly result: Record<string, unknown>;
  readonly failure?: Failure;
}

/** The outcome of work that threw. What it threw goes to the record, which admins read. */
function outcomeOf(thrown: unknown): JobOutcome {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { result: {}, failure: ownFailure('job_failed', message) };
}

/** The name in the request's body, `{"job": "…"}`; a function may serve several jobs. */
async function jobNameOf(request: Request, fallback: string): Promise<string> {
  const body: unknown = await request.json().catch(() => null);
  const job = typeof body === 'object' && body !== null && 'job' in body ? body.job : null;
  return typeof job === 'string' ? job : fallback;
}

function answerOf({ result, failure }: JobOutcome): Response {
  return failure ? databaseErrorAnswer(failure) : Response.json(result);
}

/**
 * Makes the `fetch` of a scheduled function. It answers the result; 200 `{"skipped": "running"}`
 * while another run goes on; the failure's status and fields otherwise.
 *
 * @param name the job's name in `private.scheduled_jobs`, unless the request's body names another
 * @param work does the job; what it throws is recorded as the run's error
 */
export function scheduledFunction(
  name: string,
  work: (admin: Admin) => Promise<JobOutcome>,
): (request: Request) => Promise<Response> {
  return withCaller({ auth: 'secret' }, async (request, { supabaseAdmin }) => {
    const jobName = await jobNameOf(request, name);
    const begin = await supabaseAdmin.rpc('begin_job_run', { job_name: jobName });
    if (begin.error) return databaseErrorAnswer(begin);
    if (!begin.data.begun) return Response.json({ skipped: 'running' });
    const outcome = await work(supabaseAdmin).catch(outcomeOf);
    const finish = await supabaseAdmin.rpc('finish_job_run', {
      job_name: jobName,
      run_id: begin.data.run_id,
      ok: !outcome.failure,
      result: outcome.result,
      error: outcome.failure?.error.message ?? null,
    });
    return finish.error && !outcome.failure ? databaseErrorAnswer(finish) : answerOf(outcome);
  });
}
