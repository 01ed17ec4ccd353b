import { expect } from 'vitest';
import { ERRORS, type ErrorCode } from '../../functions/_shared/errors.ts';

/** The whole answer of an edge function that refuses by itself. */
export function ownError(code: ErrorCode) {
  const { status, hint } = ERRORS[code];
  return { status, body: { code, message: expect.any(String), details: code, hint } };
}
