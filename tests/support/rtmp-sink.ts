/** Somebody else's RTMP server, that keeps a record of who pushed what and when. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import NodeMediaServer from 'node-media-server';
import Context, { type RtmpSession } from 'node-media-server/src/core/context.js';
import { HOST } from '../../lib/host.ts';
import { waitUntil } from '../../lib/wait.ts';
import { quietLibrary } from '../../stack/media/quiet-library.ts';
import { freePort } from './free-port.ts';

const PATIENCE_MS = 60_000;
const AUDIO = 8;
const VIDEO = 9;

/** One connection that asked to publish. Times are `performance.now()`. */
export interface PushRecord {
  /** `/app/name`. */
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly socket: Socket;
  readonly beganAt: number;
  /** Whether nobody else published there already. */
  isAccepted: boolean;
  packets: number;
  videoPackets: number;
  firstPacketAt: number | null;
  lastPacketAt: number | null;
  closedAt: number | null;
}

export class RtmpSink {
  readonly port: number;
  readonly #httpPort: number;
  readonly #server: NodeMediaServer;
  /** Every push there was, oldest first. */
  readonly pushes: PushRecord[] = [];
  /** Connections, whether they pushed or not. */
  connections = 0;

  private constructor(port: number, httpPort: number) {
    this.port = port;
    this.#httpPort = httpPort;
    this.#server = new NodeMediaServer({
      bind: HOST,
      rtmp: { port },
      http: { port: httpPort },
      webadmin: { enable: false },
    });
    this.#server.rtmpServer.tcpServer.on('connection', (socket) => this.#watch(socket));
  }

  /** Starts one; only one at a time in a process. */
  static async start(): Promise<RtmpSink> {
    const sink = new RtmpSink(await freePort(), await freePort());
    quietLibrary();
    const { rtmpServer, httpServer } = sink.#server;
    httpServer.run();
    rtmpServer.run();
    if (!rtmpServer.tcpServer.listening) await once(rtmpServer.tcpServer, 'listening');
    return sink;
  }

  /** Where to push a stream of this name. */
  url(name: string): string {
    return `rtmp://${HOST}:${this.port}/live/${name}`;
  }

  /** Where it is played. */
  flvUrl(name: string): string {
    return `http://${HOST}:${this.#httpPort}/live/${name}.flv`;
  }

  /** The pushes of one name, oldest first. */
  pushesOf(name: string): PushRecord[] {
    return this.pushes.filter(({ path }) => path === `/live/${name}`);
  }

  /** Waits until the latest push of this name has sent so many packets. */
  async awaitPackets(name: string, packets: number): Promise<PushRecord> {
    const latest = () => this.pushesOf(name).at(-1);
    const came = await waitUntil(() => (latest()?.packets ?? 0) >= packets, {
      timeoutMs: PATIENCE_MS,
    });
    const push = latest();
    if (came && push) return push;
    throw new Error(`${name} has ${push?.packets ?? 'no push, so no'} packets, not ${packets}`);
  }

  /** How many pushes of a name sent packets at one time; 1 is right. */
  mostAtOnce(name: string): number {
    const spans = this.pushesOf(name)
      .filter(({ firstPacketAt }) => firstPacketAt !== null)
      .map(({ firstPacketAt, lastPacketAt }) => [firstPacketAt, lastPacketAt] as number[]);
    const counts = spans.map(
      ([from = 0]) => spans.filter(([a = 0, b = 0]) => a <= from && from <= b).length,
    );
    return Math.max(0, ...counts);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  #watch(socket: Socket): void {
    this.connections += 1;
    const sessions = [...Context.sessions.values()];
    const session = sessions.findLast((one) => one.socket === socket) as RtmpSession | undefined;
    if (session) this.#watchSession(session);
  }

  #watchSession(session: RtmpSession): void {
    const { rtmp, socket, onPush, onPacket } = session;
    let record: PushRecord | undefined;
    rtmp.onPushCallback = () => {
      const { streamPath: path = '', streamQuery: query = {} } = session;
      const isAccepted = !session.broadcast.publisher?.socket?.readable;
      session.broadcast.publishGraceMs = 0;
      record = {
        ...{ path, query, socket, isAccepted, beganAt: performance.now(), closedAt: null },
        ...{ packets: 0, videoPackets: 0, firstPacketAt: null, lastPacketAt: null },
      };
      this.pushes.push(record);
      onPush();
    };
    rtmp.onPacketCallback = (packet) => {
      if (record && [AUDIO, VIDEO].includes(packet.codec_type)) {
        record.packets += 1;
        if (packet.codec_type === VIDEO) record.videoPackets += 1;
        record.lastPacketAt = performance.now();
        record.firstPacketAt ??= record.lastPacketAt;
      }
      onPacket(packet);
    };
    socket.once('close', () => {
      if (record) record.closedAt = performance.now();
    });
  }
}
