/** Row changes of the tables in the publication, to the channels that asked for them and may see them. */
import type { Sql } from 'postgres';
import { isDatabaseAway } from '../database-away.ts';
import type { Transaction } from '../replication/logical-stream.ts';
import type { Change, Relation } from '../replication/pgoutput.ts';
import type { ChannelChanges } from './channel-changes.ts';
import { type Group, type Interest, Interests } from './interests.ts';
import { readTableFacts, type TableFacts } from './table-facts.ts';
import { type View, viewAs } from './view.ts';

const UNAUTHORIZED = 'Error 401: Unauthorized';
const NO_PRIMARY_KEY = 'Error 400: Bad Request, no primary key';
const INSUFFICIENT_PRIVILEGE = '42501';

export class Changes {
  readonly #sql: Sql;
  readonly #log: (line: string) => void;
  readonly #interests = new Interests();
  /** A relation is described anew after each change of its table, so what is known of it may be kept. */
  readonly #facts = new WeakMap<Relation, Promise<TableFacts | undefined>>();

  constructor(sql: Sql, log: (line: string) => void) {
    this.#sql = sql;
    this.#log = log;
  }

  add(channel: ChannelChanges): void {
    this.#interests.add(channel);
  }

  remove(channel: ChannelChanges): void {
    this.#interests.remove(channel);
  }

  /** Delivers a transaction's changes in their order. */
  async deliver({ committedAt, changes }: Transaction): Promise<void> {
    for (const change of changes) await this.#deliverChange(change, committedAt);
  }

  async #deliverChange(change: Change, committedAt: Date): Promise<void> {
    const groups = [...this.#interests.of(change)];
    if (groups.length === 0) return;
    const facts = await this.#factsOf(change.relation);
    if (!facts) return;
    const data = {
      schema: change.relation.schema,
      table: change.relation.table,
      commit_timestamp: committedAt.toISOString(),
      type: change.type,
    };
    await Promise.all(groups.map((group) => this.#deliverTo(group, change, facts, data)));
  }

  #factsOf(relation: Relation): Promise<TableFacts | undefined> {
    const known = this.#facts.get(relation);
    if (known) return known;
    const facts = readTableFacts(this.#sql, relation.oid);
    this.#facts.set(relation, facts);
    facts.catch(() => this.#facts.delete(relation));
    return facts;
  }

  /** To one group; what cannot be told to it is passed over, so that the next change is. */
  async #deliverTo(group: Group, change: Change, facts: TableFacts, data: object): Promise<void> {
    try {
      await this.#tellGroup(group, change, facts, data);
    } catch (error) {
      if (isDatabaseAway(error)) throw error; // the change will come again
      const { schema, table } = change.relation;
      this.#log(`a change of ${schema}.${table} is passed over: ${(error as Error).message}`);
    }
  }

  async #tellGroup(group: Group, change: Change, facts: TableFacts, data: object): Promise<void> {
    const { interests } = group;
    const seen = await this.#look(group, change, facts);
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
    const passing = interests.filter(
      ({ subscription: { filter } }) => !filter || seen.passes(filter),
    );
    tell(passing, { ...data, columns, ...records, errors: null });
  }

  /** The row as these clients see it, or why they do not. */
  async #look(
    { claims, interests }: Group,
    change: Change,
    facts: TableFacts,
  ): Promise<View | string> {
    if (facts.primaryKey.length === 0 && change.type !== 'DELETE') return NO_PRIMARY_KEY;
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
    const matching = ids.get(channel);
    if (matching) matching.push(subscription.id);
    else ids.set(channel, [subscription.id]);
  }
  for (const [channel, matching] of ids) {
    channel.member.push('postgres_changes', `{"ids":[${matching.join()}],"data":${text}}`);
  }
}
