/** Bounds what a function can be made to read. */

/** No request body may be larger. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Thrown into whoever reads on past the bound. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** Whether the request says by itself that its body is over the bound. */
export function declaresTooMuch(request: Request): boolean {
  return Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES;
}

/**
 * The body, erroring with `BodyTooLarge` past the bound; `onTooLarge` is called then, because a
 * function may swallow the error.
 */
export function limitBody(
  body: ReadableStream<Uint8Array>,
  onTooLarge: () => void,
): ReadableStream<Uint8Array> {
  let received = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      received += chunk.byteLength;
      if (received <= MAX_BODY_BYTES) return controller.enqueue(chunk);
      onTooLarge();
      controller.error(new BodyTooLarge());
    },
  });
  return body.pipeThrough(count);
}
