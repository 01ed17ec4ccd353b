/** So much of a refused body is read and thrown away, in so long: the connection can then be used again. */
const MAX_DISCARDED_BYTES = 1024 * 1024;
const DISCARDED_WITHIN_MS = 500;

/** Whether a request brings a body, told without touching it. */
export function hasBody({ headers }: Request): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

/** A request's body as it comes in. */
export class IncomingBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next part, or undefined after the last one. */
  async next(): Promise<Uint8Array | undefined> {
    const { value } = await this.#reader.read();
    if (!value) this.#isOver = true;
    return value;
  }

  /** What has not been read yet. Who stops early leaves the rest. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let part = await this.next(); part; part = await this.next()) yield part;
  }

  /** Ends a reading that waits. */
  cancel(): void {
    this.#reader.cancel().catch(() => {}); // the client may have gone as well
  }

  /** Reads what nobody has read, within bounds. */
  async discard(): Promise<void> {
    if (this.#isOver) return;
    const timer = setTimeout(() => this.cancel(), DISCARDED_WITHIN_MS);
    try {
      let discarded = 0;
      for await (const part of this.rest()) {
        discarded += part.byteLength;
        if (discarded > MAX_DISCARDED_BYTES) return;
      }
    } catch {
      // the client has gone
    } finally {
      clearTimeout(timer);
    }
  }
}
