interface CodedError extends Error {
  readonly code?: string;
}

/** Whether a statement failed for want of a database, and not because of what it said; the driver's own errors have a code. */
export function isDatabaseAway(error: unknown): boolean {
  const { name, code = '' } = error as CodedError;
  return code !== '' && (name !== 'PostgresError' || /^(08|53|57P)/.test(code));
}
