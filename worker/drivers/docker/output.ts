/** The output of a container, which the Engine multiplexes: lines of two streams out of one. */
import { StringDecoder } from 'node:string_decoder';

const HEADER_BYTES = 8;
const STDERR = 2;
/** Beyond this a line is handed over in parts. */
const LONGEST_LINE = 16_384;

/** Cuts text into lines. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(bytes: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(bytes)).split(/\r?\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#rest.length > LONGEST_LINE) this.end();
  }

  end(): void {
    if (this.#rest) this.#onLine(this.#rest);
    this.#rest = '';
  }
}

export class ContainerOutput {
  readonly #stdout: Lines;
  readonly #stderr: Lines;
  #pending: Buffer = Buffer.alloc(0);

  constructor(onStdout: (line: string) => void, onStderr: (line: string) => void) {
    this.#stdout = new Lines(onStdout);
    this.#stderr = new Lines(onStderr);
  }

  /** Takes a part of the stream, wherever it may be cut: frames of `[stream, 0, 0, 0, size (32 bit)]` and text. */
  write(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#pending.readUInt32BE(4);
      if (this.#pending.length < end) return;
      const text = this.#pending.subarray(HEADER_BYTES, end);
      (this.#pending[0] === STDERR ? this.#stderr : this.#stdout).write(text);
      this.#pending = this.#pending.subarray(end);
    }
  }

  /** Hands over what has no line's end. */
  end(): void {
    this.#stdout.end();
    this.#stderr.end();
  }
}
