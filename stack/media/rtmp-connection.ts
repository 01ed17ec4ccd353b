/**
 * Stands between one RTMP connection and node-media-server, which by itself tells the hook while
 * it already lets the client through. Here the client waits for the answer, takes no stream's
 * place before it, and sends packets to viewers only after it.
 */
import type { Packet, RtmpSession, RtmpStart } from 'node-media-server/src/core/context.js';
import { logEvent, logProblem } from '../../lib/log.ts';
import type { HookClient, HookSubject, Refusal } from './hook-client.ts';
import { unwrapMetadata } from './metadata.ts';
import type { Publishers } from './publishers.ts';
import type { Renewal } from './renewal.ts';
import { APPLICATION, isStreamId } from './stream-path.ts';

/** A client that says nothing for this long is gone, or never meant to publish. */
const SILENCE_MS = 15_000;

/** As long as the database lets a publisher return to its session; viewers stay attached. */
const VIEWERS_WAIT_MS = 60_000;

const NO_STREAM: Refusal = {
  isAllowed: false,
  status: 404,
  rule: 'stream_name_invalid',
  message: `Streams are at /${APPLICATION}/<stream id>.`,
  hint: 'Paste the server and the stream key again, each whole and into its own field.',
};

export interface Gatekeepers {
  readonly hooks: HookClient;
  readonly publishers: Publishers;
  readonly renewal: Renewal;
}

function firstValues({ query }: RtmpStart): Record<string, string> {
  const entries = Object.entries(query).map(([name, value]) => [name, [value].flat()[0] ?? '']);
  return Object.fromEntries(entries);
}

export class RtmpConnection {
  readonly #session: RtmpSession;
  readonly #gate: Gatekeepers;
  readonly #respondPublish: () => void;
  readonly #respondPlay: () => void;
  #start: RtmpStart | null = null;

  /** Takes over a connection on which nothing has been received yet. */
  constructor(session: RtmpSession, gate: Gatekeepers) {
    this.#session = session;
    this.#gate = gate;
    const { rtmp } = session;
    this.#respondPublish = rtmp.respondPublish.bind(rtmp);
    this.#respondPlay = rtmp.respondPlay.bind(rtmp);
    rtmp.respondPublish = () => {};
    rtmp.respondPlay = () => {};
    rtmp.onConnectCallback = (start) => this.#onStart(start);
    rtmp.onPushCallback = () => void this.#publish();
    rtmp.onPlayCallback = () => void this.#play();
    rtmp.onPacketCallback = (packet) => this.#onPacket(packet);
    this.#watchSocket();
  }

  #watchSocket(): void {
    const { socket, onData } = this.#session;
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.off('data', onData);
    socket.on('data', (data) => {
      try {
        onData(data);
      } catch {
        logProblem('malformed RTMP message: connection closed');
        socket.destroy();
      }
    });
  }

  /** One connection, one stream: whoever asks a second time is not an encoder. */
  #onStart(start: RtmpStart): void {
    if (this.#start) this.#session.socket.destroy();
    this.#start ??= start;
  }

  #onPacket(packet: Packet): void {
    if (!this.#gate.publishers.isAdmitted(this.#session.id)) return;
    this.#session.onPacket(unwrapMetadata(packet));
  }

  /** Null when the name is no stream's; it may be a misplaced key, so it is not repeated. */
  #subject(): HookSubject | null {
    const start = this.#start;
    if (!start || start.app !== APPLICATION || !isStreamId(start.name)) return null;
    const { id, createTime, socket } = this.#session;
    const ip = `${socket.remoteAddress}:${socket.remotePort}`;
    const query = firstValues(start);
    return { id, ip, name: start.name, protocol: 'rtmp', createtime: createTime, query };
  }

  async #publish(): Promise<void> {
    const { hooks, publishers, renewal } = this.#gate;
    const subject = this.#subject();
    if (!subject) return this.#refuse('NetStream.Publish.Denied', NO_STREAM);
    await renewal.settled();
    publishers.expect(this.#session);
    const verdict = await hooks.askPublish(subject);
    if (verdict.isAllowed) return this.#admitPublisher(subject);
    publishers.remove(subject.id);
    this.#refuse('NetStream.Publish.Denied', verdict, subject);
  }

  #admitPublisher(subject: HookSubject): void {
    const { socket, onConnect, onPush } = this.#session;
    if (socket.destroyed) return void this.#end(subject);
    socket.once('close', () => void this.#end(subject));
    this.#gate.publishers.admit(subject.id);
    logEvent(`publisher ${subject.id} of stream ${subject.name} admitted from ${subject.ip}`);
    onConnect(this.#start as RtmpStart);
    this.#session.broadcast.publishGraceMs = VIEWERS_WAIT_MS;
    this.#respondPublish();
    onPush();
  }

  async #end(subject: HookSubject): Promise<void> {
    const { hooks, publishers, renewal } = this.#gate;
    publishers.remove(subject.id);
    logEvent(`publisher ${subject.id} of stream ${subject.name} ended`);
    await renewal.settled();
    try {
      await hooks.tellEnd(subject, this.#session.inBytes);
    } catch (error) {
      logProblem(`the end was not heard, the next renewal tells it: ${(error as Error).message}`);
    }
  }

  async #play(): Promise<void> {
    const subject = this.#subject();
    if (!subject) return this.#refuse('NetStream.Play.Failed', NO_STREAM);
    const verdict = await this.#gate.hooks.askPlay(subject);
    if (!verdict.isAllowed) return this.#refuse('NetStream.Play.Failed', verdict, subject);
    const { socket, onConnect, onPlay } = this.#session;
    if (socket.destroyed) return;
    socket.setTimeout(0);
    onConnect(this.#start as RtmpStart);
    this.#respondPlay();
    onPlay();
  }

  #refuse(code: string, { rule, message, hint }: Refusal, subject?: HookSubject): void {
    const { rtmp, socket } = this.#session;
    logEvent(`${code} ${rule}: ${subject ? `stream ${subject.name}` : 'no stream id'}`);
    if (socket.destroyed) return;
    rtmp.sendStatusMessage(rtmp.streamId, 'error', code, `${rule}: ${message} ${hint}`);
    socket.destroySoon();
  }
}
