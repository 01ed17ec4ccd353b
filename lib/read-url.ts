/**
 * Reads a URL from a variable of the environment; null where it is not set.
 *
 * @param protocols those that it may have, such as `redis:`
 * @param example what such a URL looks like
 * @throws Error naming the variable when it is anything else; the value is not repeated, as it may hold a password
 */
export function readUrl(
  env: NodeJS.ProcessEnv,
  name: string,
  protocols: readonly string[],
  example: string,
): string | null {
  const url = env[name];
  if (!url) return null;
  if (protocols.includes(URL.parse(url)?.protocol ?? '')) return url;
  throw new Error(`${name} must look like ${example}`);
}
