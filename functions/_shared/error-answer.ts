/** Errors as answers. */
import { ERRORS, type ErrorCode } from './errors.ts';

/** The four fields that every error of the product has, whichever part it comes from. */
export interface ErrorFields {
  /** SQLSTATE (`PT409`) or, where the error is not the database's own, its stable name. */
  code: string;
  /** For people; names the values. */
  message: string;
  /** The stable name that programs match, such as `stream_limit_reached`. */
  details: string | null;
  /** What to do next. */
  hint: string | null;
}

/** A failed call of a SQL function, as supabase-js gives it, or a failure of our own. */
export interface Failure {
  readonly status: number;
  readonly error: ErrorFields;
}

/** A failure of our own. */
export function ownFailure(code: ErrorCode, message: string): Failure {
  const { status, hint } = ERRORS[code];
  return { status, error: { code, message, details: code, hint } };
}

function failureAnswer({ status, error: { code, message, details, hint } }: Failure): Response {
  return Response.json({ code, message, details, hint }, { status });
}

/** Answers with one of our own errors. */
export function errorAnswer(code: ErrorCode, message: string): Response {
  return failureAnswer(ownFailure(code, message));
}

/** 503: the database gave no answer, so nothing was decided and nothing was written. */
export function unreachableAnswer(): Response {
  return errorAnswer('database_unreachable', 'The database did not answer.');
}

/**
 * Turns the failure of a supabase-js call into an answer of the same status and fields.
 * `status` is 0 when no answer came at all: that is 503, so that the caller tries again.
 */
export function databaseErrorAnswer({ status, error }: Failure): Response {
  return status >= 400 ? failureAnswer({ status, error }) : unreachableAnswer();
}

/**
 * Turns the refusal of `@supabase/server` into ours: it does not know who calls, or it cannot tell.
 * What it tells of the project's keys stays here.
 */
export function callerErrorAnswer(refusal: { status: number; message: string }): Response {
  const message = refusal.message.replace(/^\[[^\]]*\] /, '');
  return errorAnswer(refusal.status === 401 ? 'unauthorized' : 'credentials_unchecked', message);
}
