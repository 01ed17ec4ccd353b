import * as v from 'valibot';
import { RequestRefused } from './request-refused.ts';

/** As wide as the columns that hold it. */
const MAX_EMAIL = 255;

const withoutNul = v.check((text: string) => !text.includes('\0'), 'must not contain NUL');
const Text = v.pipe(v.string(), withoutNul);
const Email = v.pipe(Text, v.maxLength(MAX_EMAIL));

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const Fields = v.custom<object>(isObject, 'must be an object');

/** The fields that Auth reads of any of its requests. */
const AuthInput = v.pipe(
  Fields,
  v.looseObject({
    email: v.optional(Email),
    password: v.optional(Text),
    phone: v.nullish(Text),
    data: v.nullish(Fields),
    create_user: v.nullish(v.boolean()),
    options: v.nullish(Fields),
    token: v.nullish(Text),
    token_hash: v.nullish(Text),
    type: v.nullish(Text),
    refresh_token: v.nullish(Text),
    auth_code: v.nullish(Text),
    code_verifier: v.nullish(Text),
    scope: v.nullish(Text),
  }),
);

/**
 * Refuses fields of a type that lite would fail on.
 * @param input what the body says
 * @throws RequestRefused naming the field
 */
export function checkAuthInput(input: unknown): void {
  const result = v.safeParse(AuthInput, input);
  if (result.success) return;
  const [issue] = result.issues;
  throw new RequestRefused(400, {
    code: 'validation_failed',
    message: `${v.getDotPath(issue) ?? 'The body'}: ${issue.message}`,
    hint: 'Send an object with the fields of Supabase Auth, each of its type.',
  });
}
