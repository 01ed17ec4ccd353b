/** The end of what a program said. */

const LONGEST_LINE = 500;

/** A file's own texts may stand in what ffmpeg says about it; the database takes no zero bytes. */
export function withoutControls(line: string): string {
  return [...line].filter((character) => character >= ' ' && character !== '\u007f').join('');
}

export class LastLines {
  readonly #most: number;
  readonly #lines: string[] = [];

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
  }

  add(line: string): void {
    const text = withoutControls(line).slice(0, LONGEST_LINE);
    if (!text.trim()) return;
    this.#lines.push(text);
    if (this.#lines.length > this.#most) this.#lines.shift();
  }

  get all(): readonly string[] {
    return this.#lines;
  }
}
