/** Who asked for which changes, found by the changed table. */
import type { Claims } from '../identity.ts';
import type { Change, Relation } from '../replication/pgoutput.ts';
import type { ChannelChanges, Subscription } from './channel-changes.ts';

export interface Interest {
  readonly channel: ChannelChanges;
  readonly subscription: Subscription;
}

/** Those who have the same claims, and so see the same. */
export interface Group {
  readonly claims: Claims;
  readonly interests: Interest[];
}

const keyOf = (schema: string, table: string) => JSON.stringify([schema, table]);
const keysOf = ({ schema, table }: Relation) =>
  new Set([schema, '*'].flatMap((s) => [table, '*'].map((t) => keyOf(s, t))));

export class Interests {
  readonly #byTable = new Map<string, Map<Subscription, Interest>>();
  /** A channel's claims stay one object until it takes on another token. */
  readonly #claimsTexts = new WeakMap<Claims, string>();

  add(channel: ChannelChanges): void {
    for (const subscription of channel.subscriptions) {
      const key = keyOf(subscription.schema, subscription.table);
      const interests = this.#byTable.get(key) ?? new Map<Subscription, Interest>();
      this.#byTable.set(key, interests.set(subscription, { channel, subscription }));
    }
  }

  remove(channel: ChannelChanges): void {
    for (const subscription of channel.subscriptions) {
      const key = keyOf(subscription.schema, subscription.table);
      const interests = this.#byTable.get(key);
      interests?.delete(subscription);
      if (interests?.size === 0) this.#byTable.delete(key);
    }
  }

  /** Those who asked for a change. */
  of({ relation, type }: Change): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const key of keysOf(relation)) {
      for (const interest of this.#byTable.get(key)?.values() ?? []) {
        const { event } = interest.subscription;
        if (event === '*' || event === type) this.#group(groups, interest);
      }
    }
    return groups.values();
  }

  #group(groups: Map<string, Group>, interest: Interest): void {
    const claims = interest.channel.claims();
    const text = this.#claimsTexts.get(claims) ?? JSON.stringify(claims);
    this.#claimsTexts.set(claims, text);
    const group = groups.get(text);
    if (group) group.interests.push(interest);
    else groups.set(text, { claims, interests: [interest] });
  }
}
