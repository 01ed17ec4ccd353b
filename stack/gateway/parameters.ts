/** Values of requests as parameters of statements. */

/** An object is handed over as the JSON that it came as, like PostgREST does, whatever type it is for. */
export function toParameter(value: unknown): unknown {
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? JSON.stringify(value) : value;
}

/** The driver fails with a mistake of its own on a value that the type cannot have: it is the request's. */
export function asBadValue(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const message = 'A value of the request is none of the type that it is for.';
  return Object.assign(new Error(message), {
    code: '22P02',
    hint: 'Send values of the documented types.',
  });
}
