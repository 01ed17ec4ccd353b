/** The topics that somebody has joined. A public and a private topic of one name have nothing in common. */
import { type Broadcast, encodeBroadcast, type Version } from './frames.ts';
import { Presence, type PresenceDiff } from './presence.ts';

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
  push(event: string, payload: unknown): void;
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
    const diff = this.presence.untrack(member);
    if (diff) this.tellPresence(diff);
  }

  /** Sends to all but one; each version's frame is made once, however many there are. */
  broadcast(broadcast: Broadcast, except?: Member): void {
    const frames = new Map<Version, string | Buffer | null>();
    for (const member of this.#members) {
      if (member === except || !member.mayReadBroadcast) continue;
      let frame = frames.get(member.version);
      if (frame === undefined) {
        frame = encodeBroadcast(`realtime:${this.name}`, broadcast, member.version);
        frames.set(member.version, frame);
      }
      if (frame !== null) member.deliver(frame, broadcast.meta?.id);
    }
  }

  /** Sends one member what it has missed. */
  catchUp(member: Member, broadcasts: readonly Broadcast[]): void {
    for (const broadcast of broadcasts) {
      const frame = encodeBroadcast(`realtime:${this.name}`, broadcast, member.version);
      if (frame !== null) member.deliver(frame, broadcast.meta?.id);
    }
  }

  tellPresence(diff: PresenceDiff): void {
    for (const member of this.#members) {
      if (member.mayReadPresence) member.push('presence_diff', diff);
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
