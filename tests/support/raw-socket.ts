/** A client of Realtime that says whatever a test wants, and may stop reading. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { waitUntil } from '../../lib/wait.ts';
import type { TestGateway } from './gateway.ts';

export class RawSocket {
  readonly #socket: WebSocket;
  readonly frames: unknown[][] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.frames.push(JSON.parse(data.toString()));
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => {}); // told by the closing
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  join(topic: string, config: object = {}, ref = '1'): void {
    this.send([ref, ref, `realtime:${topic}`, 'phx_join', { config }]);
  }

  /** Stops reading, and with it answering pings. */
  freeze(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.terminate();
  }

  /** Waits for the end and tells its reason. */
  async untilClosed(): Promise<{ code: number; reason: string }> {
    await waitUntil(async () => this.closed !== undefined, { timeoutMs: 60_000, intervalMs: 20 });
    if (!this.closed) throw new Error('the connection stays open');
    return this.closed;
  }
}

async function open(url: URL, headers: Record<string, string>): Promise<RawSocket> {
  const socket = new WebSocket(url.href, { headers });
  await once(socket, 'open');
  return new RawSocket(socket);
}

/** Connects through the gateway. */
export async function connectRaw(
  gateway: TestGateway,
  apikey?: string,
  path = '/websocket',
  vsn = '2.0.0',
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const { config, keys } = gateway;
  const url = new URL(`/realtime/v1${path}`, config.apiUrl.replace('http', 'ws'));
  url.search = new URLSearchParams({ apikey: apikey ?? keys.publishable, vsn }).toString();
  return open(url, headers);
}

/** Connects to Realtime itself, in the gateway's place, for a client of some address. */
export function connectFrom(address: string, { config, keys }: TestGateway): Promise<RawSocket> {
  const url = new URL('/websocket', config.realtimeUrl.replace('http', 'ws'));
  url.search = new URLSearchParams({ apikey: keys.publishable, vsn: '2.0.0' }).toString();
  return open(url, { 'x-real-ip': address });
}
