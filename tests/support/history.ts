/** What happens to a domain's rows in the life that tests/events/rebuild.test.ts replays. */
import type { TestDatabase, TestUser } from './database.ts';

export interface Stage {
  readonly db: TestDatabase;
  readonly owner: TestUser;
  /** Whose account is deleted at the end, with all that it has. */
  readonly leaver: TestUser;
  /** Copies every row, to be compared with what a replay as of this moment says. */
  remember(): Promise<void>;
}

export interface Aggregate {
  readonly table: string;
  /** Columns that change without an event. */
  readonly live: readonly string[];
}

/** What a domain's `tests/events/rebuild/<domain>.ts` exports. */
export interface DomainHistory {
  /** The aggregate types whose events triggers write from a table of the domain's own. */
  readonly aggregates?: Readonly<Record<string, Aggregate>>;
  /** The types of events that the domain appends without a change of a row. */
  readonly notices?: readonly string[];
  /** Brings about each of the domain's events; the domains before have had their turn. */
  happen(stage: Stage): Promise<void>;
}
