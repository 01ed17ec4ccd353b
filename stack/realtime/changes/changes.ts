/** Row changes of the tables in the publication, for the channels that asked for them. */
import type { Claims } from '../identity.ts';
import type { PostgresBinding } from '../join-config.ts';
import type { Member } from '../topics.ts';
import { ChannelChanges } from './channel-changes.ts';

export class Changes {
  /** Prepares what a channel asks for; nothing is delivered until it is started. */
  open(member: Member, bindings: readonly PostgresBinding[], claims: () => Claims): ChannelChanges {
    return new ChannelChanges(member, bindings, claims);
  }
}
