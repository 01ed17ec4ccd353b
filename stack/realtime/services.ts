import type { Sql } from 'postgres';
import type { Addresses, AddressShare } from './addresses.ts';
import type { Backlog } from './backlog.ts';
import type { Changes } from './changes/changes.ts';
import type { Identities } from './identity.ts';
import type { Topics } from './topics.ts';

/** What connections and channels share. */
export interface Services {
  readonly addresses: Addresses;
  readonly identities: Identities;
  readonly topics: Topics;
  readonly backlog: Backlog;
  readonly changes: Changes;
  /** Resolves once the messages are delivered that were sent before the service started. */
  readonly caughtUp: Promise<void>;
  /** Asks the database, as the owner of `realtime.messages`, when it is the turn of an address. */
  readonly ask: <Result>(
    whose: AddressShare,
    work: (sql: Sql) => Promise<Result>,
  ) => Promise<Result>;
  readonly log: (line: string) => void;
}
