/** An address without an interface's name, and an IPv4 address that IPv6 carries as itself. */
function plainAddress(address: string): string {
  const [plain = ''] = address.split('%');
  return plain.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/**
 * What a limit per address counts by: an IPv4 address itself, the /64 of an IPv6 address, because a
 * single client has as many addresses there as it likes. What is no address is given back.
 */
export function addressBlock(address: string): string {
  const plain = plainAddress(address);
  const canonical = plain.includes(':') ? URL.parse(`http://[${plain}]`)?.hostname : undefined;
  if (!canonical) return plain;
  const [first = [], last = []] = canonical
    .slice(1, -1)
    .split('::')
    .map((words) => words.split(':').filter(Boolean));
  const gap = Array<string>(8 - first.length - last.length).fill('0');
  return `${[...first, ...gap, ...last].slice(0, 4).join(':')}::/64`;
}
