import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** A list that knows whether an address is in one of the networks. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const type = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(bits ?? (type === 'ipv4' ? 32 : 128)), type);
  }
  return list;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  if (longest === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
}

/**
 * Reads networks in CIDR notation, or single addresses, from a variable of the environment that
 * separates them by commas; none where it is not set.
 *
 * @throws Error naming the variable when one of them is neither
 */
export function readNetworks(env: NodeJS.ProcessEnv, name: string): string[] {
  const networks = (env[name] ?? '')
    .split(',')
    .map((network) => network.trim())
    .filter(Boolean);
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong === undefined) return networks;
  throw new Error(`${name} must list addresses or networks such as 10.0.0.0/8, got "${wrong}"`);
}
