/** What Auth and Storage answer 500 to though it is the request's own fault. */
import type { Refusal } from './answer.ts';

interface DatabaseError {
  readonly code?: unknown;
  readonly message?: string;
  readonly detail?: string;
  readonly hint?: string;
}

interface Fault {
  readonly status: number;
  readonly refusal: Refusal;
}

/** Values that Postgres cannot keep, names that it does not know, more than it can take. */
const INVALID_INPUT = /^(22...|2350[23]|23514|42703|54...)$/;

const USER_EXISTS: Refusal = {
  code: 'user_already_exists',
  message: 'User already registered',
  details: 'user_already_exists',
  hint: 'Sign in, or sign up with another address.',
};

const DUPLICATE: Refusal = {
  code: 'Duplicate',
  message: 'The resource already exists',
  details: 'Duplicate',
  hint: 'Choose another name, or replace it with upsert.',
};

/**
 * The answer that a request deserves whose statement the database has refused.
 * @returns null when it is no fault of the request
 */
export function faultOfRequest(path: string, error: unknown): Fault | null {
  const { code, message = '', detail, hint } = (error ?? {}) as DatabaseError;
  if (typeof code !== 'string') return null;
  if (code === '23505') {
    const isAuth = path.startsWith('/auth/');
    return isAuth ? { status: 422, refusal: USER_EXISTS } : { status: 409, refusal: DUPLICATE };
  }
  const refusal = { code, message, details: detail ?? code, hint: hint ?? null };
  const [, status] = /^PT(4..)$/.exec(code) ?? [];
  if (status) return { status: Number(status), refusal };
  return INVALID_INPUT.test(code) ? { status: 400, refusal } : null;
}
