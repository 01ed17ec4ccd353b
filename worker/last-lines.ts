/** The end of what a program said. */

const LINES = 20;
const LONGEST_LINE = 500;

export class LastLines {
  readonly #lines: string[] = [];

  add(line: string): void {
    if (!line.trim()) return;
    this.#lines.push(line.slice(0, LONGEST_LINE));
    if (this.#lines.length > LINES) this.#lines.shift();
  }

  get all(): readonly string[] {
    return this.#lines;
  }
}
