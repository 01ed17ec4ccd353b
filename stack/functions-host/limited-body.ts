/** Bounds what a function can be made to read. */

/** No request body may be larger. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** So much is read past the bound and thrown away: a client cut off in mid-send sees no answer. */
const MAX_DISCARDED_BYTES = MAX_BODY_BYTES;

/** Thrown into whoever reads a body that is too large, at its end at the latest. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** Whether the request says by itself that its body is over the bound. */
export function declaresTooMuch(request: Request): boolean {
  return Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES;
}

/** Whether the server reads no more of the body than the request says by itself. */
export function declaresAll({ headers }: Request): boolean {
  return headers.has('content-length') && !headers.has('transfer-encoding');
}

/**
 * The body up to the bound; one that goes on ends in `BodyTooLarge`. `onTooLarge` is called as
 * well, because a function may swallow the error.
 */
export function limitBody(
  body: ReadableStream<Uint8Array>,
  onTooLarge: () => void,
): ReadableStream<Uint8Array> {
  let received = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      received += chunk.byteLength;
      if (received <= MAX_BODY_BYTES) return controller.enqueue(chunk);
      onTooLarge();
      if (received > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) controller.error(new BodyTooLarge());
    },
    flush(controller) {
      if (received > MAX_BODY_BYTES) controller.error(new BodyTooLarge());
    },
  });
  return body.pipeThrough(limit);
}

/** Reads a body that is refused and throws it away, up to twice the bound. */
export async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  let received = 0;
  for await (const chunk of body ?? []) {
    received += chunk.byteLength;
    if (received > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) return;
  }
}
