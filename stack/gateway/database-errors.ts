import { RETRY_SOON } from './answer.ts';
import { requestContext } from './request-context.ts';

/** A refusal as the API tells it: PostgREST's four fields. */
interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly details: string | null;
  readonly hint: string | null;
}

interface DatabaseError extends Error {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** PostgREST's HTTP status for one SQLSTATE; anything else goes by its class. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '42P01': 404,
  '42P17': 500,
  '53400': 500,
  '57P01': 503,
  P0001: 400,
};

const STATUS_BY_CLASS: Readonly<Record<string, number>> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '54': 500,
  '55': 500,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
};

/** Codes that lite answers as PostgREST does, or rewords as PostgREST does. */
const ANSWERED_WELL = /^(PGRST|PT...|42501|42703|42883|22...|23502|21...)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
const CONNECTION_LOST = /^(ECONN|EPIPE|CONNECTION_|CONNECT_TIMEOUT|57P0[123]$)/;

function statusOf(code: string): number {
  return STATUS_BY_CODE[code] ?? STATUS_BY_CLASS[code.slice(0, 2)] ?? 400;
}

/**
 * Wraps an answer in PostgREST's `RAISE SQLSTATE 'PGRST'` protocol, which lite honours for every
 * error: the message is the body, the detail the status.
 */
function asPgrst(cause: unknown, status: number, body: ApiError): Error {
  const headers = status === 503 ? RETRY_SOON : {};
  return Object.assign(new Error(JSON.stringify(body), { cause }), {
    code: 'PGRST',
    detail: JSON.stringify({ status, headers }),
  });
}

/** True when the error says that the database is away, rather than that it refused. */
export function isConnectionLost(error: unknown): boolean {
  const { code } = (error ?? {}) as DatabaseError;
  return typeof code === 'string' && CONNECTION_LOST.test(code);
}

/**
 * Turns an error of the database driver into one that lite answers as PostgREST would. Storage and
 * Auth look at SQLSTATEs themselves and get theirs unchanged.
 */
export function asPostgrestError(error: unknown): unknown {
  if (!requestContext()?.path.startsWith('/rest/')) return error;
  const { code, message, detail, hint } = (error ?? {}) as DatabaseError;
  if (isConnectionLost(error)) {
    return asPgrst(error, 503, {
      code: 'PGRST001',
      message: 'Database client error. Retrying the connection.',
      details: null,
      hint: null,
    });
  }
  if (typeof code !== 'string' || !SQLSTATE.test(code) || ANSWERED_WELL.test(code)) return error;
  return asPgrst(error, statusOf(code), {
    code,
    message,
    details: detail ?? null,
    hint: hint ?? null,
  });
}
