/** Reads a form that carries a file, as far as the file, which stays a stream. */
import { MALFORMED_FORM } from './body-refusals.ts';
import { RequestRefused } from './request-refused.ts';

const MAX_HEAD_BYTES = 8 * 1024;
const MAX_FIELD_BYTES = 32 * 1024;
const MAX_FIELDS = 16;
const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

export interface FormFile {
  /** The fields that stand before the file. */
  readonly fields: ReadonlyMap<string, string>;
  /** The file's content type, or nothing. */
  readonly type: string;
  readonly content: AsyncGenerator<Buffer>;
}

const malformed = () => new RequestRefused(400, MALFORMED_FORM);

/** Bytes that are read up to a mark at a time. */
class MarkedBytes {
  readonly #source: AsyncGenerator<Uint8Array>;
  #held: Buffer;

  constructor(source: AsyncGenerator<Uint8Array>, held: Buffer) {
    this.#source = source;
    this.#held = held;
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw malformed(); // a form ends with its last mark, never without
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
  }

  /** What stands before the mark, which is passed. */
  async before(mark: Buffer, maxBytes: number): Promise<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0 && at <= maxBytes) return this.#pass(at, mark.length);
      if (at >= 0 || this.#held.length > maxBytes + mark.length) throw malformed();
      await this.#more();
    }
  }

  /** The same, of any length, a part at a time. */
  async *untilMark(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0) {
        yield this.#pass(at, mark.length);
        return;
      }
      const certain = this.#held.length - mark.length + 1; // the rest may begin the mark
      if (certain > 0) yield this.#pass(certain, 0);
      await this.#more();
    }
  }

  #pass(bytes: number, more: number): Buffer {
    const passed = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes + more);
    return passed;
  }
}

function headers(head: Buffer): Map<string, string> {
  const lines = head.toString('utf8').split('\r\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary || boundary.length > 70) throw malformed();
  return boundary;
}

/**
 * Reads the fields of a form up to its first file.
 *
 * @param contentType the request's, with the boundary
 * @throws RequestRefused, from the content as well, when the body is no such form or has no file
 */
export async function openFormFile(
  body: AsyncGenerator<Uint8Array>,
  contentType: string,
): Promise<FormFile> {
  const mark = Buffer.from(`\r\n--${boundaryOf(contentType)}`);
  const bytes = new MarkedBytes(body, LINE_END); // the first mark may stand at the very beginning
  const fields = new Map<string, string>();
  await bytes.before(mark, MAX_HEAD_BYTES);
  while (fields.size < MAX_FIELDS) {
    const isOver = (await bytes.before(LINE_END, MAX_HEAD_BYTES)).toString().startsWith('--');
    if (isOver) break;
    const head = headers(await bytes.before(HEAD_END, MAX_HEAD_BYTES));
    const disposition = head.get('content-disposition') ?? '';
    if (/;\s*filename\*?=/i.test(disposition)) {
      const content = bytes.untilMark(mark);
      return { fields, type: head.get('content-type') ?? '', content };
    }
    const value = await bytes.before(mark, MAX_FIELD_BYTES);
    fields.set(/;\s*name="([^"]*)"/i.exec(disposition)?.[1] ?? '', value.toString('utf8'));
  }
  throw malformed();
}
