/** How deep JSON in a request may be nested, the outermost object counted. */
export const MAX_JSON_DEPTH = 64;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
/** Spaces, and the bytes of a mark that readers of UTF-8 leave out. */
const BEFORE_JSON = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/**
 * Measures the depth of JSON as it comes in, without parsing it: what parses and writes JSON does so
 * recursively, and ends at a depth that a few kilobytes reach. What does not begin as an object or
 * an array is not looked at.
 */
export class JsonDepth {
  #isJson: boolean | undefined;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  /** Takes the next part of a body; false once it is nested too deep. */
  accepts(chunk: Uint8Array): boolean {
    if (this.#isJson === undefined) {
      const first = chunk.find((byte) => !BEFORE_JSON.has(byte));
      if (first !== undefined) this.#isJson = OPENING.has(first);
    }
    if (!this.#isJson) return true;
    for (const byte of chunk) {
      this.#take(byte);
      if (this.#depth > MAX_JSON_DEPTH) return false;
    }
    return true;
  }

  #take(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === QUOTE) this.#isInText = !this.#isInText;
    else if (this.#isInText) this.#isEscaped = byte === BACKSLASH;
    else if (OPENING.has(byte)) this.#depth += 1;
    else if (CLOSING.has(byte)) this.#depth -= 1;
  }
}
