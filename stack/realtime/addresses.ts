/** What the clients behind one address may take of the service together, so that none takes it from the rest. */
import type { IncomingMessage } from 'node:http';
import { addressBlock } from '../../functions/_shared/address-block.ts';
import {
  Budget,
  MAX_BINDINGS_PER_ADDRESS,
  MAX_PRESENCE_BYTES_PER_ADDRESS,
  MESSAGES_BURST,
  MESSAGES_PER_SECOND,
  TokenBucket,
} from './limits.ts';

const FORGET_EVERY_MS = 60_000;

/** One address' share. */
export class AddressShare {
  /** Bytes that its clients tell of themselves. */
  readonly presence = new Budget(MAX_PRESENCE_BYTES_PER_ADDRESS);
  /** What its channels ask of row changes. */
  readonly bindings = new Budget(MAX_BINDINGS_PER_ADDRESS);
  /** Messages that it sends over HTTP. */
  readonly messages = new TokenBucket(MESSAGES_PER_SECOND, MESSAGES_BURST);
  readonly #connections: Budget;

  constructor(maxConnections: number) {
    this.#connections = new Budget(maxConnections);
  }

  get isIdle(): boolean {
    return this.#connections.isUnused && this.messages.isFull;
  }

  /** Counts a connection, or a request; false when there are as many as may be. */
  open(): boolean {
    return this.#connections.take(1);
  }

  close(): void {
    this.#connections.giveBack(1);
  }
}

export class Addresses {
  readonly #shares = new Map<string, AddressShare>();
  readonly #maxConnections: number;

  /** @param maxConnections of one address at a time */
  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
    setInterval(() => this.#forgetIdle(), FORGET_EVERY_MS).unref();
  }

  /** The share of whoever sent a request, by the address that the gateway says. */
  of({ headers, socket }: IncomingMessage): AddressShare {
    const said = headers['x-real-ip'];
    const name = addressBlock(typeof said === 'string' ? said : (socket.remoteAddress ?? ''));
    const share = this.#shares.get(name) ?? new AddressShare(this.#maxConnections);
    this.#shares.set(name, share);
    return share;
  }

  #forgetIdle(): void {
    for (const [name, share] of this.#shares) if (share.isIdle) this.#shares.delete(name);
  }
}
