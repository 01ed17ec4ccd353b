/** One connection of ffmpeg's, and the one to the target that belongs to it. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CheckedAddress } from '../guard/guard.ts';
import type { Lease } from '../lease.ts';
import { describeFailure, lookupOf } from './checked-connection.ts';
import {
  AUDIO,
  COMMAND,
  LAST_CONTROL_TYPE,
  MessageReader,
  MessageWriter,
  type RtmpMessage,
  VIDEO,
} from './rtmp-messages.ts';
import type { TargetAddress } from './target-address.ts';
import type { MadeUpNames } from './target-relay.ts';

/** What a client sends before its first chunk: C0, C1 and C2. */
const HANDSHAKE_BYTES = 1 + 2 * 1536;
const CONNECT_TIMEOUT_MS = 10_000;
/** The handshake and what comes before an application is named, generously. */
const MOST_FROM_STRANGERS = 16_384;
/** How long the target may take nothing of what waits for it. */
const STALL_MS = 30_000;
const WHO = 'The RTMP server';

export interface LinkOptions {
  readonly target: TargetAddress;
  readonly addresses: readonly CheckedAddress[];
  readonly names: MadeUpNames;
  readonly lease: Lease;
}

/** A string as AMF0 writes it. */
function amfString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.from([2, 0, 0]);
  header.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

function replace(payload: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = payload.indexOf(from);
  if (at < 0) return payload;
  return Buffer.concat([payload.subarray(0, at), to, payload.subarray(at + from.length)]);
}

function open({ target, addresses }: LinkOptions): Socket {
  const place = { host: target.host, port: target.port, lookup: lookupOf(addresses) };
  if (!target.isTls) return connectTcp(place);
  return connectTls({ ...place, servername: isIP(target.host) ? '' : target.host });
}

export class TargetLink {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #options: LinkOptions;
  readonly #reader = new MessageReader();
  readonly #writer = new MessageWriter();
  readonly #replacements: readonly (readonly [from: Buffer, to: Buffer])[];
  #handshakeLeft = HANDSHAKE_BYTES;
  #isKnown = false;
  #isOver = false;
  #isPublishing = false;
  #failure: string | null = null;

  /** @param client paused */
  constructor(client: Socket, options: LinkOptions) {
    const { names, target } = options;
    this.#client = client;
    this.#options = options;
    this.#replacements = (['app', 'tcUrl', 'playpath'] as const).map(
      (name) => [amfString(names[name]), amfString(target[name])] as const,
    );
    this.#upstream = open(options);
    this.#watchClient();
    this.#watchUpstream();
  }

  get bytesOut(): number {
    return this.#upstream.bytesWritten;
  }

  get isPublishing(): boolean {
    return this.#isPublishing;
  }

  get failure(): string | null {
    return this.#failure;
  }

  get isOpen(): boolean {
    return !this.#client.destroyed || !this.#upstream.destroyed;
  }

  /** Ends both connections without another byte. */
  destroy(): void {
    this.#isOver = true;
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #fail(failure: string): void {
    if (!this.#isOver) this.#failure = failure;
    this.destroy();
  }

  #watchClient(): void {
    const client = this.#client;
    client.setNoDelay(true);
    client.setTimeout(CONNECT_TIMEOUT_MS + STALL_MS, () => {
      if (!this.#isKnown) this.destroy();
    });
    client.on('data', (bytes) => {
      try {
        this.#onData(bytes);
      } catch {
        this.destroy(); // nothing that ffmpeg would say
      }
    });
    client.on('error', () => this.destroy());
    for (const event of ['end', 'close']) {
      client.on(event, () => {
        this.#isOver = true;
        this.#upstream.end();
      });
    }
  }

  #watchUpstream(): void {
    const [client, upstream] = [this.#client, this.#upstream];
    const impatience = setTimeout(() => {
      this.#fail(`${WHO} did not answer within ${CONNECT_TIMEOUT_MS / 1000} s.`);
    }, CONNECT_TIMEOUT_MS);
    upstream.once(this.#options.target.isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(impatience);
      client.resume();
    });
    upstream.setNoDelay(true).setKeepAlive(true, STALL_MS);
    upstream.setTimeout(STALL_MS, () => {
      if (upstream.writableLength > 0) this.#fail(`${WHO} took nothing for ${STALL_MS / 1000} s.`);
    });
    upstream.on('data', (bytes) => client.write(bytes));
    upstream.on('drain', () => client.resume());
    upstream.on('error', (error) => this.#fail(describeFailure(WHO, error)));
    upstream.on('close', () => {
      clearTimeout(impatience);
      if (!this.#isOver) this.#failure = `${WHO} closed the connection.`;
      this.#isOver = true;
      client.end();
    });
  }

  #onData(bytes: Buffer): void {
    const greeting = bytes.subarray(0, this.#handshakeLeft);
    this.#handshakeLeft -= greeting.length;
    if (greeting.length > 0) this.#send(greeting);
    if (this.#handshakeLeft > 0) return;
    if (!this.#isKnown && this.#client.bytesRead > MOST_FROM_STRANGERS) this.destroy();
    for (const message of this.#reader.read(bytes.subarray(greeting.length))) {
      if (this.#isOver) return;
      this.#pass(message);
    }
  }

  #pass(message: RtmpMessage): void {
    const { type } = message;
    const payload = type === COMMAND ? this.#withRealNames(message.payload) : message.payload;
    if (!this.#isKnown && type > LAST_CONTROL_TYPE) {
      this.destroy();
      return;
    }
    if (type === AUDIO || type === VIDEO) this.#isPublishing = true;
    this.#send(this.#writer.write({ ...message, payload }));
  }

  /** Only who names the application as it was told to ffmpeg gets to the target. */
  #withRealNames(payload: Buffer): Buffer {
    if (payload.includes(amfString(this.#options.names.app))) this.#isKnown = true;
    return this.#replacements.reduce((text, [from, to]) => replace(text, from, to), payload);
  }

  #send(bytes: Buffer): void {
    if (!this.#options.lease.isHeld()) {
      this.destroy();
      return;
    }
    if (!this.#upstream.write(bytes)) this.#client.pause();
  }
}
