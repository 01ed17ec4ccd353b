/** The JSON body of a request, as a schema has it. */
import * as v from 'valibot';
import { errorAnswer } from './error-answer.ts';

/** Either what was given, or the answer 400 that says what to send. */
export type Input<T> = { readonly given: T } | { readonly refusal: Response };

/**
 * @param schema what the body must be
 * @param hint says what to send instead
 */
export async function readInput<S extends v.GenericSchema>(
  request: Request,
  schema: S,
  hint: string,
): Promise<Input<v.InferOutput<S>>> {
  const parsed = v.safeParse(schema, await request.json().catch(() => null));
  if (parsed.success) return { given: parsed.output };
  const refusal = errorAnswer(400, {
    code: 'request_malformed',
    message: 'The request is not what this function takes.',
    details: 'request_malformed',
    hint,
  });
  return { refusal };
}

/** A uuid in any case. */
export const Uuid = v.pipe(v.string(), v.toLowerCase(), v.uuid());
