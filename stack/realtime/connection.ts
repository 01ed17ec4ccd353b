/** One WebSocket: its frames, its channels and its limits. */
import type { WebSocket } from 'ws';
import { NestedTooDeep } from '../../lib/bounded-json.ts';
import type { AddressShare } from './addresses.ts';
import { Channel, type Line } from './channel.ts';
import { decodeFrame, encodeFrame, type Frame, type Version } from './frames.ts';
import { Refusal } from './identity.ts';
import { parseJoin } from './join-config.ts';
import {
  BYTES_BURST,
  BYTES_PER_SECOND,
  FRAMES_BURST,
  FRAMES_PER_SECOND,
  JOINS_BURST,
  JOINS_PER_SECOND,
  MAX_CHANNELS,
  MAX_UNREAD_BYTES,
  MAX_WAITING_FRAMES,
  PING_EVERY_MS,
  TokenBucket,
} from './limits.ts';
import type { Services } from './services.ts';

/** WebSocket close codes. */
const INVALID = 1007;
const POLICY = 1008;
const FAULT = 1011;

const PREFIX = 'realtime:';
/**
 * A client counts its refs from 1 on, and goes on counting when it comes back: that alone tells it from a
 * new one. Clients of version 1.0.0 join with the first; realtime-js 2.119 has then used up five, and two
 * more for each further channel that was made before the first was subscribed. So nobody who comes back is
 * taken for new; a newcomer with several channels may be taken for one who comes back.
 */
const NEWCOMERS_FIRST_REF: Readonly<Record<Version, number>> = { '1.0.0': 1, '2.0.0': 6 };
const LAST_WORDS_MS = 2_000;

export interface ConnectionOptions {
  readonly version: Version;
  readonly apikey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly share: AddressShare;
}

export class Connection implements Line {
  readonly version: Version;
  readonly apikey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly share: AddressShare;
  readonly #socket: WebSocket;
  readonly #services: Services;
  readonly #channels = new Map<string, Channel>();
  /** The work at hand for each topic, so that its frames are taken in their order. */
  readonly #work = new Map<string, Promise<void>>();
  readonly #bucket = new TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST);
  readonly #bytes = new TokenBucket(BYTES_PER_SECOND, BYTES_BURST);
  readonly #joins = new TokenBucket(JOINS_PER_SECOND, JOINS_BURST);
  readonly #enteredBefore = new Set<string>();
  readonly #pings: NodeJS.Timeout;
  #waiting = 0;
  #isReturning: boolean | undefined;
  #unanswered = 0;
  #isClosing = false;

  constructor(socket: WebSocket, services: Services, options: ConnectionOptions) {
    this.#socket = socket;
    this.#services = services;
    this.version = options.version;
    this.apikey = options.apikey;
    this.headers = options.headers;
    this.share = options.share;
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
    socket.on('close', () => this.#end());
    socket.on('error', (error) => services.log(`a connection: ${error.message}`));
  }

  send(frame: Frame): void {
    this.deliver(encodeFrame(frame, this.version));
  }

  deliver(data: string | Buffer): void {
    if (this.#isClosing) return;
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) {
      this.close(POLICY, 'The client reads too slowly');
    } else {
      this.#socket.send(data);
    }
  }

  /** Ends the connection with a reason; by force when the client does not take its leave. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#services.log(`closed a connection: ${reason}`);
    setImmediate(() => this.#leaveAll()); // not while a topic goes through its members
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), LAST_WORDS_MS).unref();
  }

  #ping(): void {
    if (this.#unanswered >= 2) {
      this.#socket.terminate();
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
  }

  #end(): void {
    this.#isClosing = true;
    clearInterval(this.#pings);
    this.#leaveAll();
  }

  #leaveAll(): void {
    for (const channel of this.#channels.values()) channel.end();
    this.#channels.clear();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#isClosing) return;
    if (!this.#bucket.take() || !this.#bytes.take(data.length)) {
      this.close(POLICY, 'Too many messages per second');
      return;
    }
    try {
      this.#dispatch(decodeFrame(data, isBinary, this.version));
    } catch (error) {
      const isTooDeep = error instanceof NestedTooDeep;
      this.close(INVALID, isTooDeep ? error.message : 'A frame could not be understood');
    }
  }

  #dispatch(frame: Frame): void {
    this.#isReturning ??= Number(frame.ref) > NEWCOMERS_FIRST_REF[this.version];
    if (frame.topic === 'phoenix') this.#answerHeartbeat(frame);
    else if (this.#waiting < MAX_WAITING_FRAMES)
      this.#inOrder(frame.topic, () => this.#take(frame));
    else this.close(POLICY, 'Too many unanswered messages');
  }

  #answerHeartbeat({ ref, event }: Frame): void {
    if (event !== 'heartbeat') return;
    const payload = { status: 'ok', response: {} };
    this.send({ joinRef: null, ref, topic: 'phoenix', event: 'phx_reply', payload });
  }

  #inOrder(topic: string, work: () => Promise<void>): void {
    this.#waiting += 1;
    const before = this.#work.get(topic) ?? Promise.resolve();
    const done = before.then(work).catch((error: Error) => {
      this.#services.log(`a frame failed: ${error.message}`);
      this.close(FAULT, 'Realtime failed, please connect again');
    });
    this.#work.set(topic, done);
    done.finally(() => {
      this.#waiting -= 1;
      if (this.#work.get(topic) === done) this.#work.delete(topic);
    });
  }

  async #take(frame: Frame): Promise<void> {
    if (this.#isClosing) return;
    if (frame.event === 'phx_join') return this.#join(frame);
    const channel = this.#channels.get(frame.topic);
    if (channel) return channel.receive(frame);
    if (frame.event === 'phx_leave') this.#answer(frame, 'ok', {});
    else this.#answer(frame, 'error', { reason: 'unmatched topic' });
  }

  #answer({ joinRef, ref, topic }: Frame, status: 'ok' | 'error', response: object): void {
    this.send({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } });
  }

  #refuse(frame: Frame, reason: string): void {
    this.#answer(frame, 'error', { reason });
  }

  async #join(frame: Frame): Promise<void> {
    const { topic } = frame;
    if (!topic.startsWith(PREFIX)) return this.#refuse(frame, 'unmatched topic');
    if (topic === PREFIX) {
      return this.#refuse(frame, 'TopicNameRequired: You must provide a topic name');
    }
    if (!this.#joins.take()) {
      const reason = 'Too many joins per second';
      this.#refuse(frame, `ClientJoinRateLimitReached: ${reason}`);
      return this.close(POLICY, reason);
    }
    const join = parseJoin(frame.payload);
    if (typeof join === 'string') return this.#refuse(frame, `InvalidJoinPayload: ${join}`);
    this.#replace(topic);
    if (this.#channels.size >= MAX_CHANNELS) {
      return this.#refuse(frame, 'ChannelRateLimitReached: Too many channels');
    }
    const channel = new Channel(this, this.#services, {
      name: topic.slice(PREFIX.length),
      joinRef: frame.joinRef,
      join,
      onEnd: (ended) => {
        if (this.#channels.get(topic) === ended) this.#channels.delete(topic);
      },
    });
    this.#channels.set(topic, channel);
    try {
      await channel.enter(frame.ref, this.#isReturning === true && !this.#enteredBefore.has(topic));
      if (this.#services.backlog.isOpen) this.#enteredBefore.add(topic);
    } catch (error) {
      channel.end();
      this.#channels.delete(topic);
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(frame, `${error.code}: ${error.message}`);
    }
  }

  /** A second join of a topic ends the first. */
  #replace(topic: string): void {
    const before = this.#channels.get(topic);
    if (!before) return;
    before.end();
    this.#channels.delete(topic);
    this.send({ joinRef: before.joinRef, ref: null, topic, event: 'phx_close', payload: {} });
  }
}
