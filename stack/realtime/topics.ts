/** The topics that somebody has joined. A public and a private topic of one name have nothing in common. */
import { type Broadcast, encodeBroadcast, textFrame, type Version } from './frames.ts';
import { Presence } from './presence.ts';

/** A joined channel, as its topic sees it. */
export interface Member {
  readonly version: Version;
  readonly mayReadBroadcast: boolean;
  readonly mayReadPresence: boolean;
  /**
   * Sends a frame that is ready to be sent.
   * @param id of the message of the database that it tells
   */
  deliver(data: string | Buffer, id?: string): void;
  /** Sends an event whose payload is JSON text. */
  push(event: string, json: string): void;
}

/** Makes each version's frame once, however many it is sent to. */
function onceAVersion<Made>(make: (version: Version) => Made): (version: Version) => Made {
  const made = new Map<Version, Made>();
  return (version) => {
    const known = made.get(version);
    if (known !== undefined) return known;
    const frame = make(version);
    made.set(version, frame);
    return frame;
  };
}

export class Topic {
  readonly name: string;
  readonly presence = new Presence<Member>();
  readonly #members = new Set<Member>();

  constructor(name: string) {
    this.name = name;
  }

  get isDeserted(): boolean {
    return this.#members.size === 0;
  }

  add(member: Member): void {
    this.#members.add(member);
  }

  remove(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.untrack(member);
  }

  /**
   * Says who a member is, and tells all whom it concerns.
   * @param payload JSON text, of `encodePresence`
   */
  track(member: Member, key: string, payload: string): void {
    const diff = this.presence.track(member, key, payload);
    if (diff) this.#tellPresence(diff);
  }

  /** Takes a member's presence away, and tells all whom it concerns. */
  untrack(member: Member): void {
    const diff = this.presence.untrack(member);
    if (diff) this.#tellPresence(diff);
  }

  /** Sends to all but one. */
  broadcast(broadcast: Broadcast, except?: Member): void {
    const frameOf = onceAVersion((version) => encodeBroadcast(this.#fullName, broadcast, version));
    for (const member of this.#members) {
      if (member === except || !member.mayReadBroadcast) continue;
      const frame = frameOf(member.version);
      if (frame !== null) member.deliver(frame, broadcast.meta?.id);
    }
  }

  /** Sends one member what it has missed. */
  catchUp(member: Member, broadcasts: readonly Broadcast[]): void {
    for (const broadcast of broadcasts) {
      const frame = encodeBroadcast(this.#fullName, broadcast, member.version);
      if (frame !== null) member.deliver(frame, broadcast.meta?.id);
    }
  }

  get #fullName(): string {
    return `realtime:${this.name}`;
  }

  #tellPresence(diff: string): void {
    const head = { joinRef: null, ref: null, topic: this.#fullName, event: 'presence_diff' };
    const frameOf = onceAVersion((version) => textFrame(head, diff, version));
    for (const member of this.#members) {
      if (member.mayReadPresence) member.deliver(frameOf(member.version));
    }
  }
}

export class Topics {
  readonly #topics = new Map<string, Topic>();

  /** Adds a member, to a new topic if need be. */
  join(name: string, isPrivate: boolean, member: Member): Topic {
    const key = `${isPrivate ? 'private' : 'public'}:${name}`;
    const topic = this.#topics.get(key) ?? new Topic(name);
    this.#topics.set(key, topic);
    topic.add(member);
    return topic;
  }

  leave(name: string, isPrivate: boolean, member: Member): void {
    const topic = this.find(name, isPrivate);
    topic?.remove(member);
    if (topic?.isDeserted) this.#topics.delete(`${isPrivate ? 'private' : 'public'}:${name}`);
  }

  /** The topic, if anybody has joined it. */
  find(name: string, isPrivate: boolean): Topic | undefined {
    return this.#topics.get(`${isPrivate ? 'private' : 'public'}:${name}`);
  }
}
