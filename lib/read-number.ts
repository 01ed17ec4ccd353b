/**
 * Reads a whole number from a variable of the environment.
 *
 * @param otherwise what it is where the variable is not set
 * @param range the least and the greatest that it may be
 * @throws Error naming the variable when it is anything else
 */
export function readNumber(
  env: NodeJS.ProcessEnv,
  name: string,
  otherwise: number,
  [min, max]: readonly [number, number],
): number {
  const text = env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, got "${text}"`);
}
