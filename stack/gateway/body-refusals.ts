import type { Refusal } from './answer.ts';
import { MAX_JSON_DEPTH } from './json-depth.ts';

/** 400: JSON that is nested too deep. */
export const JSON_TOO_DEEP: Refusal = {
  code: 'json_too_deep',
  message: `The JSON of the request is nested more than ${MAX_JSON_DEPTH} deep.`,
  details: 'json_too_deep',
  hint: 'Send flatter data; what is deeper belongs in a file in storage.',
};

/** 413: more than a request of its kind may send. */
export const bodyTooLarge = (maxBytes: number): Refusal => ({
  code: 'body_too_large',
  message: `The request body is larger than ${maxBytes} bytes.`,
  hint: 'Send less in one request; files belong in storage.',
});

/** 413: a file above its bucket's limit. */
export const fileTooLarge = (maxBytes: number): Refusal => ({
  code: 'file_too_large',
  message: `The file is larger than ${maxBytes} bytes.`,
  hint: 'Send a smaller file, or raise file_size_limit of the bucket or in supabase/config.toml.',
});

/** 429: other requests of the same sender, or all together, hold the memory that bodies may take. */
export const TOO_MANY_BODIES: Refusal = {
  code: 'too_many_bodies',
  message: 'Too much is being sent at once.',
  hint: 'Try again in a second, or send the requests one after the other.',
};

/** 408: a body that does not arrive. */
export const BODY_TOO_SLOW: Refusal = {
  code: 'body_too_slow',
  message: 'The request body did not arrive in time.',
  hint: 'Send less in one request, or try again on a better connection.',
};

/** 400: a form that is none. */
export const MALFORMED_FORM: Refusal = {
  code: 'malformed_form',
  message: 'The body is not the form that its content type says.',
  hint: 'Send multipart/form-data with its boundary, whole parts, and one file.',
};
