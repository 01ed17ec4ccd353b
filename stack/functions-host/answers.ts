/** The answers that the host gives itself, in place of a function. */

import type { FunctionPlan } from './plan.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly requestId: string;
}

/** A browser shows an error to its page only with these; functions set their own on their answers. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'x-request-id',
};

function refuse({ status, code, message, hint, requestId }: Refusal): Response {
  const body = { code, message, details: code, hint, request_id: requestId };
  return Response.json(body, { status, headers: CORS });
}

/** 404: no folder of that name. */
export function unknownFunction(name: string, requestId: string): Response {
  return refuse({
    status: 404,
    code: 'function_not_found',
    message: `There is no function "${name}".`,
    hint: 'A function is a folder below functions/ with an index.ts, and enabled in supabase/config.toml.',
    requestId,
  });
}

/** 401: `verify_jwt` is on and no valid token came. */
export function unauthorized(reason: string, requestId: string): Response {
  return refuse({
    status: 401,
    code: 'jwt_invalid',
    message: reason,
    hint: 'Send the header "Authorization: Bearer <access token>" of a signed-in user.',
    requestId,
  });
}

/** 413: more body than any function takes. */
export function bodyTooLarge(maxBytes: number, requestId: string): Response {
  return refuse({
    status: 413,
    code: 'body_too_large',
    message: `The request body is larger than ${maxBytes} bytes.`,
    hint: 'Send less in one request; files belong in storage.',
    requestId,
  });
}

/** 500: the function could not be loaded or threw. What it threw is in the log only. */
export function functionFailed(name: string, requestId: string): Response {
  return refuse({
    status: 500,
    code: 'function_failed',
    message: `The function "${name}" failed.`,
    hint: `The log of the functions has the reason, under ${requestId}.`,
    requestId,
  });
}

/** 504: the function has not answered in time. */
export function functionTimedOut(
  { name, answerWithinSeconds }: FunctionPlan,
  requestId: string,
): Response {
  return refuse({
    status: 504,
    code: 'function_timed_out',
    message: `The function "${name}" has not answered within ${answerWithinSeconds} s.`,
    hint: 'Answer first and leave long work to a job.',
    requestId,
  });
}
