/** A stranger with the publishable key, an address of its own and slow queries. */
import { setTimeout as sleep } from 'node:timers/promises';
import { requestFrom } from '../../tests/support/client-address.ts';
import type { TestStack } from '../../tests/support/stack.ts';

const ADDRESS = '127.0.0.66';
const FILTERS = 90;
const SETTLING_MS = 1_000;

/** Looks for many words in every public title: no index serves it. */
function slowQuery(): string {
  const filters = Array.from({ length: FILTERS }, (_, n) => `title=not.ilike.*word${n}*`);
  return `/rest/v1/streams?select=id&order=title.desc&limit=1&${filters.join('&')}`;
}

export class Attack {
  readonly #url: string;
  readonly #key: string;
  readonly #connections: number;
  readonly #answers = new Map<number, number>();
  #isOn = false;
  #lanes: Promise<void>[] = [];

  constructor({ config, keys }: TestStack, connections: number) {
    this.#url = `${config.apiUrl}${slowQuery()}`;
    this.#key = keys.publishable;
    this.#connections = connections;
  }

  /** Sends on all connections, each again once it is answered; comes back when that is under way. */
  async begin(): Promise<void> {
    this.#isOn = true;
    this.#lanes = Array.from({ length: this.#connections }, () => this.#lane());
    await sleep(SETTLING_MS);
  }

  async end(): Promise<void> {
    this.#isOn = false;
    await Promise.all(this.#lanes);
  }

  /** How often each status was answered. */
  report(): string {
    return [...this.#answers].map(([status, count]) => `${count} × ${status}`).join(', ');
  }

  async #lane(): Promise<void> {
    while (this.#isOn) {
      const { status } = await requestFrom(ADDRESS, this.#url, { apikey: this.#key });
      this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
    }
  }
}
