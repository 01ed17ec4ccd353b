/** Decides, after the name was resolved, whether a host may be connected to. */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ForbiddenNetworks } from './networks.ts';
import { Refused } from './refused.ts';

/** What the database says about where a worker may connect to. */
export interface Rules {
  /** In CIDR notation. */
  readonly forbidden_networks: readonly string[];
  /** `host` or `host:port`, exempt from the networks above. */
  readonly allowed_source_hosts: readonly string[];
  readonly allowed_target_hosts: readonly string[];
}

/** An address of a host, checked. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves a name to all its addresses. */
export type Lookup = (host: string) => Promise<readonly CheckedAddress[]>;

const LOOKUP_TIMEOUT_MS = 10_000;

const lookupAll: Lookup = (host) => systemLookup(host, { all: true, verbatim: true });

/** A host without brackets and the root's dot, as names are compared. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function isNamed(list: readonly string[], host: string, port: number): boolean {
  const plain = plainHost(host);
  const names = [plain, `[${plain}]`, `${plain}:${port}`, `[${plain}]:${port}`];
  return list.some((entry) => names.includes(entry.trim().toLowerCase()));
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const tooLate = AbortSignal.timeout(LOOKUP_TIMEOUT_MS);
  return await Promise.race([
    answer,
    new Promise<never>((_, reject) => {
      tooLate.addEventListener('abort', () => reject(new Error('no answer in time')));
    }),
  ]);
}

export class Guard {
  readonly #rules: Rules;
  readonly #forbidden: ForbiddenNetworks;
  readonly #lookup: Lookup;

  /** @param lookup how names are resolved; the system's way unless a test has its own */
  constructor(rules: Rules, lookup: Lookup = lookupAll) {
    this.#rules = rules;
    this.#forbidden = new ForbiddenNetworks(rules.forbidden_networks);
    this.#lookup = lookup;
  }

  /**
   * The addresses of a source's host; connect to these, and do not resolve the name again.
   * @throws Refused when it has none, or one of them is off limits
   */
  source(host: string, port: number, isOurs = false): Promise<readonly CheckedAddress[]> {
    const isExempt = isOurs || isNamed(this.#rules.allowed_source_hosts, host, port);
    return this.#resolve('source', host, isExempt);
  }

  /** The same for a target's host. */
  target(host: string, port: number): Promise<readonly CheckedAddress[]> {
    const isExempt = isNamed(this.#rules.allowed_target_hosts, host, port);
    return this.#resolve('target', host, isExempt);
  }

  async #resolve(
    what: 'source' | 'target',
    host: string,
    isExempt: boolean,
  ): Promise<readonly CheckedAddress[]> {
    const addresses = await this.#addressesOf(plainHost(host));
    if (addresses.length === 0) {
      throw new Refused(`The ${what}'s host name could not be resolved: ${host}.`);
    }
    if (!isExempt && addresses.some(({ address }) => this.#forbidden.has(address))) {
      throw new Refused(
        `The ${what}'s host ${host} is in a private or reserved network, where restreams may not connect to.`,
      );
    }
    return addresses;
  }

  async #addressesOf(host: string): Promise<readonly CheckedAddress[]> {
    const family = isIP(host);
    if (family) return [{ address: host, family }];
    return await inTime(this.#lookup(host)).catch(() => []);
  }
}
