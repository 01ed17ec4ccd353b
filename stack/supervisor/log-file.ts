/** A log file that never takes more than two times its bound: the current part and the one before. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const DEFAULT_BOUND = 5 * 1024 * 1024;

export class LogFile {
  readonly path: string;
  readonly #bound: number;
  #size: number;

  constructor(path: string, bound = DEFAULT_BOUND) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#bound = bound;
    this.#size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Appends one line with the time in front; the part before it moves to `<path>.1` when full. A disk
   * that takes no more loses lines, and nothing else.
   */
  write(line: string): void {
    const text = `${new Date().toISOString()} ${line}\n`;
    try {
      this.#makeRoom(Buffer.byteLength(text));
      appendFileSync(this.path, text);
    } catch {
      // There is nowhere left to say so.
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#size + bytes > this.#bound && this.#size > 0) {
      renameSync(this.path, `${this.path}.1`);
      this.#size = 0;
    }
    this.#size += bytes;
  }
}
