/** Expecting a refusal, and the right one. */
import { expect } from 'vitest';

export interface ExpectedFailure {
  /** HTTP status of a rule's refusal: SQLSTATE `PT<status>`. */
  readonly status?: number;
  /** SQLSTATE of a constraint's or a privilege's refusal. */
  readonly code?: string;
  /** The stable word of a rule's refusal. */
  readonly details?: string;
  readonly message?: RegExp;
  readonly hint?: RegExp;
}

interface PostgresFailure {
  readonly code?: string;
  readonly detail?: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Passes when the database refuses with just this error, and returns it. A refusal by a rule
 * (`PT…`) must also tell people what to do: an empty hint fails.
 */
export async function expectFailure(
  attempt: PromiseLike<unknown>,
  expected: ExpectedFailure,
): Promise<PostgresFailure> {
  const failure = await Promise.resolve(attempt).then(
    () => undefined,
    (error: PostgresFailure) => error,
  );
  if (failure === undefined) throw new Error(`not refused; expected ${JSON.stringify(expected)}`);
  const code =
    expected.code ?? (expected.status === undefined ? undefined : `PT${expected.status}`);
  const seen = `${failure.code ?? ''} ${failure.detail ?? ''}: ${failure.message}`;
  if (code !== undefined) expect(failure.code, seen).toBe(code);
  if (expected.details !== undefined) expect(failure.detail, seen).toBe(expected.details);
  if (expected.message !== undefined) expect(failure.message).toMatch(expected.message);
  if (expected.hint !== undefined) expect(failure.hint).toMatch(expected.hint);
  if (code?.startsWith('PT')) expect(failure.hint, `hint of: ${seen}`).toBeTruthy();
  return failure;
}
