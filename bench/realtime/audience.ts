/**
 * Many WebSockets of one process that note when something arrives and do little else, so that what is
 * measured is the server.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const TEXT = 1;
const BINARY = 2;
const PING = 0x89;
/** An empty pong under a mask of zeros. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const PATIENCE_MS = 30_000;
const OPENED_AT_ONCE = 100;

/** A client's frame; its mask is zeros, which leave the content as it is. */
function frameOf(content: string | Buffer): Buffer {
  const payload = Buffer.from(content as string);
  const opcode = 0x80 | (typeof content === 'string' ? TEXT : BINARY);
  if (payload.length < 126) {
    return Buffer.concat([Buffer.from([opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  }
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  return Buffer.concat([Buffer.from([opcode, 0x80 | 126]), length, Buffer.alloc(4), payload]);
}

async function until(socket: Socket, text: string): Promise<void> {
  let received = '';
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!received.includes(text)) {
    received += (await once(socket, 'data', { signal }))[0].toString('latin1');
  }
}

/** Opens one WebSocket; with `hello`, says that and waits for its answer. */
async function open(url: URL, hello?: string): Promise<Socket> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await once(socket, 'connect');
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nupgrade: websocket\r\n` +
      'connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await until(socket, '\r\n\r\n');
  if (hello) {
    socket.write(frameOf(hello));
    await until(socket, '"status":"ok"');
  }
  return socket;
}

export class Audience {
  readonly #sockets: readonly Socket[];
  #sentAt = 0;
  #latencies: number[] = [];
  #isComplete: () => void = () => {};

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    for (const socket of sockets)
      socket.on('data', (chunk: Buffer) => this.#receive(socket, chunk));
  }

  /**
   * @param count how many listen; one more speaks and is not heard by itself
   * @param hello what each says first, and is answered
   */
  static async open(address: string, count: number, hello?: string): Promise<Audience> {
    const sockets: Socket[] = [];
    while (sockets.length <= count) {
      const wanted = Math.min(OPENED_AT_ONCE, count + 1 - sockets.length);
      const opened = Array.from({ length: wanted }, () => open(new URL(address), hello));
      sockets.push(...(await Promise.all(opened)));
    }
    return new Audience(sockets);
  }

  /** The socket that is not one of those who listen. */
  speak(content: string | Buffer): void {
    this.#sockets[0]?.write(frameOf(content));
  }

  /** Sends something once. Returns after how many milliseconds each of the others had it. */
  async hear(send: () => unknown): Promise<readonly number[]> {
    this.#latencies = [];
    const complete = new Promise<void>((resolve) => {
      this.#isComplete = resolve;
    });
    const late = setTimeout(() => {
      throw new Error(`only ${this.#latencies.length} of ${this.#sockets.length - 1} heard`);
    }, PATIENCE_MS);
    this.#sentAt = performance.now();
    await Promise.all([send(), complete]);
    clearTimeout(late);
    return this.#latencies;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #receive(socket: Socket, chunk: Buffer): void {
    if (chunk[0] === PING) {
      socket.write(PONG);
      if (chunk.length === 2) return;
    }
    this.#latencies.push(performance.now() - this.#sentAt);
    if (this.#latencies.length === this.#sockets.length - 1) this.#isComplete();
  }
}
