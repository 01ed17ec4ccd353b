/**
 * Where ffmpeg pushes to: a port of the worker's own that passes the stream on to the target, puts
 * the real names in place of made-up ones, and stops at once when the session's lease is over.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { CheckedAddress } from '../guard/guard.ts';
import type { Lease } from '../lease.ts';
import type { TargetAddress } from './target-address.ts';
import { TargetLink } from './target-link.ts';

/** How ffmpeg reaches the worker. */
export interface RelayPlace {
  /** The address to listen on. */
  readonly bind: string;
  /** The name under which ffmpeg finds it. */
  readonly host: string;
}

/** What ffmpeg says instead of the real names. */
export interface MadeUpNames {
  readonly app: string;
  readonly playpath: string;
  readonly tcUrl: string;
}

const random = () => randomBytes(18).toString('base64url');

export class TargetRelay {
  readonly #target: TargetAddress;
  readonly #addresses: readonly CheckedAddress[];
  readonly #lease: Lease;
  readonly #server: Server;
  #names: MadeUpNames | undefined;
  #link: TargetLink | undefined;

  /** @param addresses the target's, checked */
  constructor(target: TargetAddress, addresses: readonly CheckedAddress[], lease: Lease) {
    this.#target = target;
    this.#addresses = addresses;
    this.#lease = lease;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    lease.ended.addEventListener('abort', () => this.close(), { once: true });
  }

  /** Starts to listen; returns the URL for ffmpeg. */
  async listen({ bind, host }: RelayPlace): Promise<string> {
    this.#server.listen(0, bind);
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const app = random();
    this.#names = { app, playpath: random(), tcUrl: `rtmp://${host}:${port}/${app}` };
    return `${this.#names.tcUrl}/${this.#names.playpath}`;
  }

  /** Bytes that the target was sent. */
  get bytesOut(): number {
    return this.#link?.bytesOut ?? 0;
  }

  /** Whether sound or picture has been passed on. */
  get isPublishing(): boolean {
    return this.#link?.isPublishing ?? false;
  }

  /** What the target did to end the push, for people; null when nothing. */
  get failure(): string | null {
    return this.#link?.failure ?? null;
  }

  /** Cuts the connection and stops to listen. */
  close(): void {
    this.#server.close();
    this.#link?.destroy();
  }

  /** One connection at a time; who does not know the made-up names gets nowhere. */
  #accept(client: Socket): void {
    if (!this.#names || !this.#lease.isHeld() || this.#link?.isOpen) {
      client.destroy();
      return;
    }
    this.#link = new TargetLink(client, {
      target: this.#target,
      addresses: this.#addresses,
      names: this.#names,
      lease: this.#lease,
    });
  }
}
