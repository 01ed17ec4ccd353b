interface CodedError extends Error {
  readonly code?: string;
}

/** Whether a statement failed for want of a database, and not because of what it said. */
export function isDatabaseAway(error: unknown): boolean {
  const { name, code = '' } = error as CodedError;
  return name !== 'PostgresError' || /^(08|53|57P)/.test(code);
}
