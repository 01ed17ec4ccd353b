/** The columns of every table of rates. */
export const CONNECTIONS = [1, 4, 16] as const;

/** A number as a table shows it. */
export function cell(value: number, digits = 0): string {
  return value.toFixed(digits);
}
