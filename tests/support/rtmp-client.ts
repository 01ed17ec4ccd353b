/** An RTMP client that says what it likes, for what no encoder would do. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../lib/wait.ts';
import type { TestStack } from './stack.ts';

const HANDSHAKE_BYTES = 1536;
const REPLY_BYTES = 1 + 2 * HANDSHAKE_BYTES;
const CHUNK_BYTES = 65_535;
const PATIENCE_MS = 30_000;

/** The library's own writer of RTMP messages. */
interface Writer {
  onOutputCallback: (bytes: Buffer) => void;
  setChunkSize(bytes: number): void;
  sendInvokeMessage(streamId: number, command: Record<string, unknown>): void;
}

interface Packet {
  readonly codec_type: number;
  readonly size: number;
  readonly dts: number;
  readonly data: Buffer;
}

const Rtmp: { new (): Writer; createMessage(packet: Packet): Buffer } = createRequire(
  import.meta.url,
)('node-media-server/src/protocol/rtmp.js');

const VIDEO = 9;

export class RtmpClient {
  readonly #socket: Socket;
  readonly #writer = new Rtmp();
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    socket.on('error', () => {}); // shows in `isClosed`
    this.#writer.onOutputCallback = (bytes) => socket.write(bytes);
  }

  /** Opens a connection and shakes hands; says nothing more. */
  static async open({ config }: TestStack): Promise<RtmpClient> {
    const socket = connect(config.ports.rtmp, '127.0.0.1');
    await once(socket, 'connect');
    const client = new RtmpClient(socket);
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(HANDSHAKE_BYTES)]));
    const isAnswered = await waitUntil(() => client.#received.length >= REPLY_BYTES, {
      timeoutMs: PATIENCE_MS,
    });
    if (!isAnswered) throw new Error('the media server does not shake hands');
    socket.write(Buffer.alloc(HANDSHAKE_BYTES));
    client.#writer.setChunkSize(CHUNK_BYTES);
    return client;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends any command. */
  command(cmd: string, more: Record<string, unknown> = {}): void {
    this.#writer.sendInvokeMessage(1, { cmd, transId: 1, cmdObj: null, ...more });
  }

  /** Names the application. */
  connectTo(app: string, tcUrl = `rtmp://127.0.0.1/${app}`): void {
    this.command('connect', { cmdObj: { app, tcUrl } });
  }

  /** Sends a video packet with this text in it. */
  sendVideo(text: string): void {
    const data = Buffer.concat([Buffer.from([0x17, 1, 0, 0, 0]), Buffer.from(text)]);
    this.#socket.write(Rtmp.createMessage({ codec_type: VIDEO, size: data.length, dts: 1, data }));
  }

  /** Waits until the server has sent this text. */
  async awaitText(text: string): Promise<boolean> {
    return await waitUntil(() => this.#received.includes(text), { timeoutMs: PATIENCE_MS });
  }

  /** Waits until the server has closed the connection. */
  async awaitClose(): Promise<boolean> {
    return await waitUntil(() => this.isClosed, { timeoutMs: PATIENCE_MS });
  }

  close(): void {
    this.#socket.destroy();
  }
}
