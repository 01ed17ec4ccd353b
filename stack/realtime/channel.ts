/** One client's membership of one topic, from its join to its end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import type { AddressShare } from './addresses.ts';
import { ChannelChanges } from './changes/channel-changes.ts';
import { ChannelAccess, mayNotRead } from './channel-access.ts';
import { type Broadcast, type Frame, textFrame, type Version } from './frames.ts';
import { Refusal } from './identity.ts';
import type { JoinPayload } from './join-config.ts';
import { CallWindow, MAX_PRESENCE_BYTES, PRESENCE_CALLS, PRESENCE_WINDOW_MS } from './limits.ts';
import { encodePresence } from './presence.ts';
import { readReplay } from './replay.ts';
import type { Services } from './services.ts';
import type { Member, Topic } from './topics.ts';

/** The connection, as its channels see it. */
export interface Line {
  readonly version: Version;
  readonly apikey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly share: AddressShare;
  deliver(data: string | Buffer): void;
  send(frame: Frame): void;
}

export interface ChannelOptions {
  readonly name: string;
  readonly joinRef: string | null;
  readonly join: JoinPayload;
  /** Called when the channel ends of itself. */
  readonly onEnd: (channel: Channel) => void;
}

type Reply = { readonly status: 'ok' | 'error'; readonly response: object };
const OK: Reply = { status: 'ok', response: {} };
/** How long a join waits for a service that has just started. */
const CATCH_UP_MS = 5_000;
const TOO_MANY_BINDINGS = new Refusal(
  'ChannelRateLimitReached',
  'Too many bindings to postgres_changes',
);
const FAILED: Reply = { status: 'error', response: {} };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A broadcast's content, also where it came as the text form's wrapper. */
function asBroadcast(payload: unknown): Broadcast | undefined {
  if (!isObject(payload) || typeof payload.event !== 'string') return undefined;
  const { event, body } = payload;
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { event, body };
  return { event, body: JSON.stringify(payload.payload ?? {}) };
}

export class Channel implements Member {
  readonly #line: Line;
  readonly #services: Services;
  readonly #options: ChannelOptions;
  readonly #access: ChannelAccess;
  readonly #presenceKey: string;
  readonly #presenceCalls = new CallWindow(PRESENCE_CALLS, PRESENCE_WINDOW_MS);
  #changes: ChannelChanges | undefined;
  #topic: Topic | undefined;
  #presenceBytes = 0;
  /** What arrives while the messages are read that are to come before it. */
  #held: (() => void)[] | undefined;
  #replayed: ReadonlySet<string> = new Set();
  #hasEnded = false;

  constructor(line: Line, services: Services, options: ChannelOptions) {
    this.#line = line;
    this.#services = services;
    this.#options = options;
    this.#presenceKey = options.join.config.presence.key || randomUUID();
    this.#access = new ChannelAccess(services, {
      topic: options.name,
      isPrivate: this.#isPrivate,
      share: line.share,
      headers: line.headers,
      onExpiry: (refusal) => this.#shutDown(refusal.message),
    });
  }

  get version(): Version {
    return this.#line.version;
  }

  get joinRef(): string | null {
    return this.#options.joinRef;
  }

  get mayReadBroadcast(): boolean {
    return this.#access.mayRead('broadcast');
  }

  get mayReadPresence(): boolean {
    return this.#access.mayRead('presence');
  }

  get #isPrivate(): boolean {
    return this.#options.join.config.private === true;
  }

  /**
   * Enters the topic and answers the join.
   * @param missed whether to send what came while the client was away
   * @throws Refusal when the client may not
   */
  async enter(ref: string | null, missed: boolean): Promise<void> {
    const { name, join } = this.#options;
    const token = join.access_token ?? '';
    await this.#access.useToken(!token || token.startsWith('sb_') ? this.#line.apikey : token);
    await Promise.race([this.#services.caughtUp, sleep(CATCH_UP_MS, undefined, { ref: false })]);
    if (this.#hasEnded) return;
    const bindings = join.config.postgres_changes ?? [];
    const changes = new ChannelChanges(this, bindings, () => this.#access.claims);
    const problem =
      bindings.length > 0 ? await this.#ask((sql) => changes.prepare(sql)) : undefined;
    const replay = await this.#readReplay();
    if (this.#hasEnded) return;
    if (!this.#line.share.bindings.take(changes.weight)) throw TOO_MANY_BINDINGS;
    this.#changes = changes;
    this.#services.changes.add(changes);
    this.#reply(ref, { status: 'ok', response: { postgres_changes: changes.answer } });
    const backlog = missed ? this.#services.backlog.of(name, this.#isPrivate) : [];
    this.#topic = this.#services.topics.join(name, this.#isPrivate, this);
    if (join.config.presence.enabled && this.mayReadPresence) {
      this.push('presence_state', this.#topic.presence.state());
    }
    if (this.mayReadBroadcast) this.#catchUp(this.#topic, replay, backlog);
    if (join.config.broadcast.replication_ready) {
      this.#system('system', 'ok', 'Replication connection established');
    }
    if (bindings.length > 0) this.#tellSubscribed(problem);
  }

  /** Leaves the topic, and says nothing. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#access.end();
    if (this.#changes) {
      this.#services.changes.remove(this.#changes);
      this.#line.share.bindings.giveBack(this.#changes.weight);
    }
    this.#services.topics.leave(this.#options.name, this.#isPrivate, this);
    this.#takePresenceBytes(0);
  }

  deliver(data: string | Buffer, id?: string): void {
    if (this.#held) this.#held.push(() => this.deliver(data, id));
    else if (!id || !this.#replayed.has(id)) this.#line.deliver(data);
  }

  push(event: string, json: string): void {
    const head = { joinRef: null, ref: null, topic: this.#fullTopic, event };
    this.#line.deliver(textFrame(head, json, this.version));
  }

  /** Takes a frame other than a join. */
  async receive({ event, payload, ref }: Frame): Promise<void> {
    if (this.#hasEnded) return;
    if (event === 'broadcast') return this.#receiveBroadcast(payload, ref);
    if (event === 'presence') return this.#receivePresence(payload, ref);
    if (event === 'access_token') return this.#receiveToken(payload);
    if (event === 'phx_leave') {
      this.end();
      this.#reply(ref, OK);
      this.#close();
    }
  }

  /** Reads what the client wants to hear again; what is sent meanwhile waits. */
  async #readReplay(): Promise<Broadcast[]> {
    const { name, join } = this.#options;
    const { replay } = join.config.broadcast;
    if (!replay) return [];
    if (!this.mayReadBroadcast) throw mayNotRead(name);
    this.#held = [];
    this.#services.topics.join(name, this.#isPrivate, this);
    const { log } = this.#services;
    return this.#ask((sql) => readReplay({ sql, log }, name, this.#isPrivate, replay));
  }

  #ask<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#services.ask(this.#line.share, work);
  }

  /** Sends each message that came before once, then what waits. */
  #catchUp(topic: Topic, replay: readonly Broadcast[], backlog: readonly Broadcast[]): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    topic.catchUp(this, replay);
    this.#replayed = new Set(replay.flatMap(({ meta }) => meta?.id ?? []));
    topic.catchUp(this, backlog);
    for (const deliver of held) deliver();
  }

  get #fullTopic(): string {
    return `realtime:${this.#options.name}`;
  }

  #reply(ref: string | null, payload: Reply): void {
    const { joinRef } = this.#options;
    this.#line.send({ joinRef, ref, topic: this.#fullTopic, event: 'phx_reply', payload });
  }

  #close(): void {
    const { joinRef } = this.#options;
    this.#line.send({
      joinRef,
      ref: null,
      topic: this.#fullTopic,
      event: 'phx_close',
      payload: {},
    });
    this.#options.onEnd(this);
  }

  #system(extension: string, status: 'ok' | 'error', message: string): void {
    const channel = this.#options.name;
    this.push('system', JSON.stringify({ extension, status, message, channel }));
  }

  /** Ends the channel for a reason that the client is told. */
  #shutDown(reason: string): void {
    if (this.#hasEnded) return;
    this.#system('system', 'error', reason);
    this.end();
    this.#close();
  }

  #tellSubscribed(problem: string | undefined): void {
    const message = problem ?? 'Subscribed to PostgreSQL';
    this.#system('postgres_changes', problem ? 'error' : 'ok', message);
  }

  async #receiveBroadcast(payload: unknown, ref: string | null): Promise<void> {
    const broadcast = asBroadcast(payload);
    if (!broadcast || !(await this.#access.mayWrite('broadcast'))) return;
    const { ack, self } = this.#options.join.config.broadcast;
    this.#topic?.broadcast(broadcast, self ? undefined : this);
    if (ack) this.#reply(ref, OK);
  }

  async #receivePresence(message: unknown, ref: string | null): Promise<void> {
    const { event, payload } = isObject(message) ? message : {};
    if (!this.#presenceCalls.take()) {
      return this.#shutDown('Client presence rate limit exceeded');
    }
    if (event === 'untrack') {
      this.#topic?.untrack(this);
      this.#takePresenceBytes(0);
      return this.#reply(ref, OK);
    }
    if (event !== 'track' || !(await this.#access.mayWrite('presence'))) {
      return this.#reply(ref, FAILED);
    }
    if (!isObject(payload)) {
      const response = { reason: 'Presence track payload must be a map' };
      return this.#reply(ref, { status: 'error', response });
    }
    if (this.#hasEnded) return;
    const text = encodePresence(payload);
    if (!this.#takePresenceBytes(Buffer.byteLength(this.#presenceKey + text))) {
      return this.#shutDown('Track message size exceeded');
    }
    this.#reply(ref, OK);
    this.#topic?.track(this, this.#presenceKey, text);
  }

  /** Keeps account of what the client tells of itself; false when it is too much. */
  #takePresenceBytes(bytes: number): boolean {
    const { presence } = this.#line.share;
    presence.giveBack(this.#presenceBytes);
    this.#presenceBytes = 0;
    if (bytes > MAX_PRESENCE_BYTES || !presence.take(bytes)) return false;
    this.#presenceBytes = bytes;
    return true;
  }

  async #receiveToken(payload: unknown): Promise<void> {
    const token = isObject(payload) ? payload.access_token : undefined;
    if (typeof token !== 'string' || token.startsWith('sb_')) return;
    try {
      await this.#access.useToken(token);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#shutDown(error.message);
    }
  }
}
