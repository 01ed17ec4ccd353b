/** Edge functions, called as `rpc` calls functions of the database. */
import { FunctionsHttpError, type SupabaseClient } from '@supabase/supabase-js';

/** The four fields of every refusal, as an error of `rpc` has them too. */
export interface Refusal {
  /** `PT409` for a rule of the database; empty when no answer came. */
  readonly code: string;
  /** For people; names the values. */
  readonly message: string;
  /** The stable name that programs match, such as `stream_limit_reached`. */
  readonly details: string | null;
  /** What to do next. */
  readonly hint: string | null;
}

export type Answer<Data> =
  | { readonly data: Data; readonly error: null }
  | { readonly data: null; readonly error: Refusal };

async function readRefusal(error: Error): Promise<Refusal> {
  if (error instanceof FunctionsHttpError) return await error.context.json();
  return { code: '', message: error.message, details: null, hint: null };
}

/**
 * Calls an edge function.
 *
 * @param name the function's folder
 * @param body what it is given, as JSON
 * @returns its answer, or the refusal, as `rpc` gives both
 */
export async function callFunction<Data>(
  client: Pick<SupabaseClient, 'functions'>,
  name: string,
  body: object,
): Promise<Answer<Data>> {
  const { data, error } = await client.functions.invoke<Data>(name, { body: { ...body } });
  if (error) return { data: null, error: await readRefusal(error) };
  return { data: data as Data, error: null };
}
