const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  KIB: 2 ** 10,
  MB: 1e6,
  MIB: 2 ** 20,
  GB: 1e9,
  GIB: 2 ** 30,
};

/**
 * The number of bytes that a size such as `500MiB` in `supabase/config.toml` means.
 * @throws Error when it is no size
 */
export function byteSize(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(\w+)$/.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (!factor) throw new Error(`"${text}" is no size; write it as in 500MiB`);
  return Math.floor(Number(amount) * factor);
}
