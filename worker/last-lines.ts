/** The end of what a program said. */

const LINES = 20;
const LONGEST_LINE = 500;

/** A file's own texts may stand in what ffmpeg says about it; the database takes no zero bytes. */
export function withoutControls(line: string): string {
  return [...line].filter((character) => character >= ' ' && character !== '\u007f').join('');
}

export class LastLines {
  readonly #lines: string[] = [];

  add(line: string): void {
    const text = withoutControls(line).slice(0, LONGEST_LINE);
    if (!text.trim()) return;
    this.#lines.push(text);
    if (this.#lines.length > LINES) this.#lines.shift();
  }

  get all(): readonly string[] {
    return this.#lines;
  }
}
