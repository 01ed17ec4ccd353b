import {
  ErrorCodeHeader,
  type SupabaseContext,
  type WithSupabaseConfig,
  withSupabase,
} from '@supabase/server';
import { callerErrorAnswer } from './error-answer.ts';

/** The same refusal in the four fields of every error. */
async function translate(refusal: Response): Promise<Response> {
  const { status } = refusal;
  const { message } = await refusal.json();
  const answer = callerErrorAnswer({ status, message });
  return new Response(answer.body, { status: answer.status, headers: refusal.headers });
}

/**
 * `withSupabase`, except that it refuses with `unauthorized` or `credentials_unchecked`.
 *
 * @param config who may call
 * @param handler answers those who may
 */
export function withCaller(
  config: WithSupabaseConfig,
  handler: (request: Request, context: SupabaseContext) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const answer = withSupabase(config, handler);
  return async (request) => {
    const response = await answer(request);
    return response.headers.has(ErrorCodeHeader) ? await translate(response) : response;
  };
}
