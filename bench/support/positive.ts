/** A command line option that counts something. Throws an `Error` that names it when it is no whole number above 0. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0, got "${text}".`);
}
