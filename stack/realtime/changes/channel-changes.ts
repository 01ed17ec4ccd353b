/** The row changes that one channel asked for. */
import type { Sql } from 'postgres';
import type { Claims } from '../identity.ts';
import type { PostgresBinding } from '../join-config.ts';
import type { Member } from '../topics.ts';
import { type Filter, parseFilter } from './filter.ts';
import { Catalogue, type TableFacts } from './table-facts.ts';

export interface Subscription {
  readonly id: number;
  readonly event: PostgresBinding['event'];
  readonly schema: string;
  readonly table: string;
  readonly filter: Filter | undefined;
}

let lastId = 0;

function subscriptionOf(id: number, binding: PostgresBinding): Subscription {
  const { event, schema, table, filter } = binding;
  return {
    id,
    event,
    schema: schema ?? 'public',
    table: table ?? '*',
    filter: filter ? parseFilter(filter) : undefined,
  };
}

async function checkFilter(
  sql: Sql,
  facts: TableFacts | undefined,
  { column, operator, values }: Filter,
): Promise<void> {
  const found = facts?.columns.find(({ name }) => name === column);
  if (!found) throw new Error(`invalid column for filter ${column}`);
  const value = `v::${found.sqlType}`;
  const operand = operator === '= any' ? `(array[${value}])` : ` ${value}`;
  await sql.unsafe(
    `select count(${value} ${operator}${operand}) from jsonb_array_elements_text($1::text::jsonb) v`,
    [JSON.stringify(values)],
  );
}

export class ChannelChanges {
  readonly member: Member;
  readonly claims: () => Claims;
  /** What the client is told: its own words, each with an id. */
  readonly answer: readonly { readonly id: number }[];
  readonly #bindings: readonly PostgresBinding[];
  #subscriptions: readonly Subscription[] = [];

  constructor(member: Member, bindings: readonly PostgresBinding[], claims: () => Claims) {
    this.member = member;
    this.claims = claims;
    this.#bindings = bindings;
    this.answer = bindings.map((words) => ({ ...words, id: ++lastId }));
  }

  get subscriptions(): readonly Subscription[] {
    return this.#subscriptions;
  }

  /** How much is asked: one for each binding, and for each value of a list. */
  get weight(): number {
    return this.#subscriptions.reduce(
      (sum, { filter }) => sum + Math.max(1, filter?.values.length ?? 1),
      0,
    );
  }

  /**
   * Checks what was asked for.
   * @returns what is wrong with it, for the client
   */
  async prepare(sql: Sql): Promise<string | undefined> {
    try {
      const wanted = this.answer.map(({ id }, index) =>
        subscriptionOf(id, this.#bindings[index] as PostgresBinding),
      );
      const catalogue = new Catalogue(sql);
      for (const subscription of wanted) await this.#check(sql, catalogue, subscription);
      this.#subscriptions = wanted;
      return undefined;
    } catch (error) {
      return `Unable to subscribe to changes with given parameters: ${(error as Error).message}`;
    }
  }

  async #check(
    sql: Sql,
    catalogue: Catalogue,
    { schema, table, filter }: Subscription,
  ): Promise<void> {
    const tables = await catalogue.tables(schema, table);
    if (tables.length === 0) {
      throw new Error(`${schema}.${table} is not in the publication supabase_realtime`);
    }
    if (!filter) return;
    for (const oid of tables) await checkFilter(sql, await catalogue.facts(oid), filter);
  }
}
