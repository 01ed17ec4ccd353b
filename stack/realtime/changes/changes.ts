/** Row changes of the tables in the publication, to the channels that asked for them and may see them. */
import type { Sql } from 'postgres';
import { isDatabaseAway } from '../database-away.ts';
import type { Transaction } from '../replication/logical-stream.ts';
import type { Change, Relation } from '../replication/pgoutput.ts';
import type { ChannelChanges, Subscription } from './channel-changes.ts';
import { readTableFacts, type TableFacts } from './table-facts.ts';
import { type View, viewAs } from './view.ts';

interface Interest {
  readonly channel: ChannelChanges;
  readonly subscription: Subscription;
}

const UNAUTHORIZED = 'Error 401: Unauthorized';
const NO_PRIMARY_KEY = 'Error 400: Bad Request, no primary key';
const INSUFFICIENT_PRIVILEGE = '42501';

function wants({ event, schema, table }: Subscription, { type, relation }: Change): boolean {
  return (
    (event === '*' || event === type) &&
    (schema === '*' || schema === relation.schema) &&
    (table === '*' || table === relation.table)
  );
}

export class Changes {
  readonly #sql: Sql;
  readonly #log: (line: string) => void;
  readonly #channels = new Set<ChannelChanges>();
  /** A relation is described anew after each change of its table, so what is known of it may be kept. */
  readonly #facts = new WeakMap<Relation, Promise<TableFacts | undefined>>();

  constructor(sql: Sql, log: (line: string) => void) {
    this.#sql = sql;
    this.#log = log;
  }

  add(channel: ChannelChanges): void {
    this.#channels.add(channel);
  }

  remove(channel: ChannelChanges): void {
    this.#channels.delete(channel);
  }

  /** Delivers a transaction's changes in their order. */
  async deliver({ committedAt, changes }: Transaction): Promise<void> {
    for (const change of changes) await this.#deliverChange(change, committedAt);
  }

  async #deliverChange(change: Change, committedAt: Date): Promise<void> {
    const groups = this.#interested(change);
    if (groups.size === 0) return;
    const facts = await this.#factsOf(change.relation);
    if (!facts) return;
    for (const interests of groups.values()) {
      const data = {
        schema: change.relation.schema,
        table: change.relation.table,
        commit_timestamp: committedAt.toISOString(),
        type: change.type,
      };
      await this.#deliverTo(interests, change, facts, data);
    }
  }

  /** Those who asked for the change, together with those who have the same claims. */
  #interested(change: Change): Map<string, Interest[]> {
    const groups = new Map<string, Interest[]>();
    for (const channel of this.#channels) {
      for (const subscription of channel.subscriptions) {
        if (!wants(subscription, change)) continue;
        const claims = JSON.stringify(channel.claims());
        groups.set(claims, [...(groups.get(claims) ?? []), { channel, subscription }]);
      }
    }
    return groups;
  }

  #factsOf(relation: Relation): Promise<TableFacts | undefined> {
    const known = this.#facts.get(relation);
    if (known) return known;
    const facts = readTableFacts(this.#sql, relation.oid);
    this.#facts.set(relation, facts);
    facts.catch(() => this.#facts.delete(relation));
    return facts;
  }

  async #deliverTo(
    interests: readonly Interest[],
    change: Change,
    facts: TableFacts,
    data: object,
  ): Promise<void> {
    const seen = await this.#look(interests, change, facts);
    if (typeof seen === 'string') {
      const refusal = { ...data, columns: [], record: {}, old_record: {}, errors: [seen] };
      return tell(interests, refusal);
    }
    if (!seen.isVisible) return;
    const columns = facts.columns
      .filter(({ name }) => !seen.hidden.includes(name))
      .map(({ name, type }) => ({ name, type }));
    const records = {
      ...(change.type !== 'DELETE' && { record: seen.record ?? {} }),
      ...(change.type !== 'INSERT' && { old_record: oldRecord(seen, change, facts) }),
    };
    let next = 0;
    const passing = interests.filter(
      ({ subscription }) => !subscription.filter || seen.passes[next++],
    );
    tell(passing, { ...data, columns, ...records, errors: null });
  }

  /** The row as these clients see it, or why they do not. */
  async #look(
    interests: readonly Interest[],
    change: Change,
    facts: TableFacts,
  ): Promise<View | string> {
    if (facts.primaryKey.length === 0 && change.type !== 'DELETE') return NO_PRIMARY_KEY;
    const claims = interests[0]?.channel.claims() ?? { role: 'anon' };
    const filters = interests.flatMap(({ subscription }) => subscription.filter ?? []);
    try {
      const applicant = { topic: '', claims, headers: {} };
      const view = await viewAs(this.#sql, applicant, change, facts, filters);
      const hidesKey = facts.primaryKey.some((name) => view.hidden.includes(name));
      return hidesKey && change.type !== 'DELETE' ? UNAUTHORIZED : view;
    } catch (error) {
      if (isDatabaseAway(error)) throw error; // the change will come again
      const { code, message } = error as Error & { code?: string };
      if (code !== INSUFFICIENT_PRIVILEGE) this.#log(`a change of a row: ${message}`);
      return UNAUTHORIZED;
    }
  }
}

/** Under row level security nothing of a deleted row can be checked, so only its key is told. */
function oldRecord({ oldRecord: whole }: View, { type }: Change, facts: TableFacts): object {
  if (type !== 'DELETE' || !facts.hasRls) return whole ?? {};
  const entries = Object.entries(whole ?? {});
  return Object.fromEntries(entries.filter(([name]) => facts.primaryKey.includes(name)));
}

function tell(interests: readonly Interest[], data: object): void {
  const text = JSON.stringify(data);
  const ids = new Map<ChannelChanges, number[]>();
  for (const { channel, subscription } of interests) {
    ids.set(channel, [...(ids.get(channel) ?? []), subscription.id]);
  }
  for (const [channel, matching] of ids) {
    channel.member.push('postgres_changes', `{"ids":[${matching.join()}],"data":${text}}`);
  }
}
