/** The four fields that every error of the product has, whichever part it comes from. */
export interface ErrorFields {
  /** SQLSTATE (`PT409`) or, where the error is not the database's own, its class of failure. */
  code: string;
  /** For people; names the values. */
  message: string;
  /** The stable name that programs match, such as `stream_limit_reached`. */
  details: string | null;
  /** What to do next. */
  hint: string | null;
}

/** An error's fields; `details` is the code itself unless given. */
type OwnFields = Omit<ErrorFields, 'details'> & Partial<Pick<ErrorFields, 'details'>>;

/** Answers with the four error fields as JSON. */
export function errorAnswer(
  status: number,
  { code, message, details = code, hint }: OwnFields,
): Response {
  return Response.json({ code, message, details, hint } satisfies ErrorFields, { status });
}

/**
 * Turns the failure of a supabase-js call into an answer of the same status and fields.
 * `result.status` is 0 when no answer came at all: that is 503, so that the caller tries again.
 */
export function databaseErrorAnswer(result: { status: number; error: ErrorFields }): Response {
  if (result.status >= 400) return errorAnswer(result.status, result.error);
  return errorAnswer(503, {
    code: 'database_unreachable',
    message: 'The database did not answer.',
    hint: 'Try again in a few seconds; if it stays, look at the status of the stack.',
  });
}
