/** Functions that carry out one command for a user, or for a backend with the secret key. */
import type { SupabaseContext } from '@supabase/server';
import * as v from 'valibot';
import { errorAnswer } from './error-answer.ts';
import { limitBody } from './limit-body.ts';
import { withCaller } from './with-caller.ts';

export type Client = SupabaseContext['supabase'];

/** Who gave the command, and the means to do what the caller may not do alone. */
export interface Clients {
  readonly caller: Client;
  readonly admin: Client;
}

const MAX_BODY_BYTES = 4 * 1024;

/** A uuid in any case. */
export const Uuid = v.pipe(v.string(), v.toLowerCase(), v.uuid());

/**
 * Makes the `fetch` of a function whose body is JSON. Answers `request_malformed` for any other,
 * `unauthorized` for who is neither signed in nor a backend.
 *
 * @param schema what the body must be
 * @param form the same for people, such as `{"id": "<uuid>"}`
 * @param work carries the command out
 */
export function command<S extends v.GenericSchema>(
  schema: S,
  form: string,
  work: (given: v.InferOutput<S>, clients: Clients) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const answer = withCaller({ auth: ['user', 'secret'] }, async (request, context) => {
    const { supabase, supabaseAdmin: admin, authMode } = context;
    const parsed = v.safeParse(schema, await request.json().catch(() => null));
    if (parsed.success) {
      return await work(parsed.output, { caller: authMode === 'secret' ? admin : supabase, admin });
    }
    return errorAnswer('request_malformed', `The request is not ${form}.`);
  });
  return limitBody(MAX_BODY_BYTES, answer);
}
