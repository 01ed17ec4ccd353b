/** What this folder uses of node-media-server 4.4.3, which brings no types of its own. */

declare module 'node-media-server' {
  import type { Server as HttpServer } from 'node:http';
  import type { Server as TcpServer } from 'node:net';

  export interface NmsConfig {
    bind: string;
    rtmp: { port: number };
    http: { port: number };
    webadmin: { enable: boolean };
  }

  export default class NodeMediaServer {
    constructor(config: NmsConfig);
    readonly rtmpServer: { readonly tcpServer: TcpServer; run(): void };
    readonly httpServer: {
      readonly httpServer: HttpServer;
      readonly wsServer: { readonly options: { verifyClient?: unknown } };
      run(): void;
    };
    on(event: 'donePublish', listener: (session: { readonly streamPath: string }) => void): void;
    stop(): Promise<void>;
  }
}

declare module 'node-media-server/src/core/logger.js' {
  const logger: { log: (message: string, level?: string) => void };
  export default logger;
}

declare module 'node-media-server/src/core/context.js' {
  import type { IncomingMessage } from 'node:http';
  import type { Socket } from 'node:net';

  export interface Broadcast {
    publishGraceMs: number;
    readonly publisher: Session | null;
    readonly subscribers: ReadonlyMap<string, Session>;
  }

  export interface Packet {
    readonly codec_type: number;
    size: number;
    data: Buffer;
  }

  /** One connection: an RTMP one has a `socket`, an HTTP or WebSocket one a `req`. */
  export interface Session {
    readonly id: string;
    readonly isPublisher: boolean;
    readonly createTime: number;
    /** What it has received; a reconnected publisher counts on. */
    readonly inBytes: number;
    readonly broadcast: Broadcast;
    readonly socket?: Socket;
    readonly req?: IncomingMessage;
    close(): void;
  }

  export interface RtmpStart {
    readonly app: string;
    readonly name: string;
    readonly host: string;
    readonly query: Readonly<Record<string, string | string[] | undefined>>;
  }

  export interface RtmpSession extends Session {
    readonly socket: Socket;
    /** Set once it has said what it wants. */
    readonly streamPath?: string;
    readonly streamQuery?: Readonly<Record<string, unknown>>;
    readonly rtmp: {
      readonly streamId: number;
      onConnectCallback: (start: RtmpStart) => void;
      onPushCallback: () => void;
      onPlayCallback: () => void;
      onPacketCallback: (packet: Packet) => void;
      respondPublish(): void;
      respondPlay(): void;
      sendStatusMessage(streamId: number, level: string, code: string, description: string): void;
    };
    readonly onConnect: (start: RtmpStart) => void;
    readonly onPush: () => void;
    readonly onPlay: () => void;
    readonly onPacket: (packet: Packet) => void;
    readonly onData: (data: Buffer) => void;
  }

  const Context: {
    readonly sessions: ReadonlyMap<string, Session>;
    readonly broadcasts: ReadonlyMap<string, Broadcast>;
  };
  export default Context;
}
