const LABEL_WIDTH = 44;
const CELL_WIDTH = 10;

export type Row = readonly [label: string, cells: readonly string[]];

/** Prints a heading of columns and rows below it. */
export function printTable(title: string, headings: readonly string[], rows: readonly Row[]): void {
  const line = ([label, cells]: Row) =>
    label.padEnd(LABEL_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('');
  console.log(['', line([title, headings]), ...rows.map(line)].join('\n'));
}
