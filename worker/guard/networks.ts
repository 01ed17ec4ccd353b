/** Which addresses are off limits, in whatever form they are written. */
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Where an IPv6 address carries an IPv4 address to which it leads in the end: prefix, first word. */
const CARRIERS: readonly (readonly [prefix: RegExp, word: number])[] = [
  [/^0:0:0:0:0:(0|ffff):/, 6], // IPv4-compatible, IPv4-mapped
  [/^0:0:0:0:ffff:0:/, 6], // IPv4-translated
  [/^64:ff9b:0:0:0:0:/, 6], // NAT64
  [/^64:ff9b:1:/, 6], // NAT64 of a network's own
  [/^2002:/, 1], // 6to4
];

/** The eight words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [head = '', tail] = plain.split('::');
  const parse = (text = '') =>
    text ? text.split(':').map((word) => Number.parseInt(word, 16)) : [];
  const [first, last] = [parse(head), parse(tail)];
  const gap = tail === undefined ? [] : Array(8 - first.length - last.length).fill(0);
  return [...first, ...gap, ...last];
}

/** The IPv4 addresses that an IPv6 address leads to. */
function carried(address: string): string[] {
  const words = wordsOf(address);
  const text = `${words.map((word) => word.toString(16)).join(':')}:`;
  return CARRIERS.filter(([prefix]) => prefix.test(text)).map(([, at]) => {
    const [high = 0, low = 0] = words.slice(at, at + 2);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  });
}

export class ForbiddenNetworks {
  // A list of both would take any IPv4 address for one in ::ffff:0:0/96.
  readonly #lists = { ipv4: new BlockList(), ipv6: new BlockList() };

  /**
   * @param networks in CIDR notation, or single addresses
   * @throws Error for one that is neither: a fence with a hole is none
   */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  #add(network: string): void {
    const [address = '', bits] = network.split('/');
    const type = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (type === 'ipv6' && !isIPv6(address)) throw new Error(`"${network}" is no network`);
    this.#lists[type].addSubnet(address, Number(bits ?? (type === 'ipv4' ? 32 : 128)), type);
  }

  /** Whether an address, or one that it leads to, is in one of the networks; what is no address is. */
  has(address: string): boolean {
    const [plain = ''] = address.split('%');
    if (isIPv4(plain)) return this.#lists.ipv4.check(plain, 'ipv4');
    if (!isIPv6(plain)) return true;
    const { address: canonical } = new SocketAddress({ address: plain, family: 'ipv6' });
    if (this.#lists.ipv6.check(canonical, 'ipv6')) return true;
    return carried(canonical).some((inner) => this.#lists.ipv4.check(inner, 'ipv4'));
  }
}
