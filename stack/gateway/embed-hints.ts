/** Which relationship an embedding means, where lite sees more of them than PostgREST does. */
import type { Schema } from './schema.ts';

/** How one embedded table is joined; its key in `join` is its alias. */
interface Join {
  readonly from?: string;
  hint?: string;
}

/** A query as lite has parsed it, or what it embeds. */
interface Query {
  readonly select?: readonly (string | Readonly<Record<string, object>>)[];
  readonly join?: Readonly<Record<string, Join>>;
}

export interface TableQuery extends Query {
  readonly from?: string;
}

const isTable = ({ tables, views }: Schema, name: string) =>
  [...tables, ...views].some((table) => table.name === name);

/** True for a table whose primary key joins these two: PostgREST takes no other for a junction. */
function isJunction(schema: Schema, table: string, ends: readonly string[]): boolean {
  const key = schema.primary_keys.find((primary) => primary.table === table)?.columns ?? [];
  const joined = schema.foreign_keys.filter((fk) => fk.table === table && key.includes(fk.column));
  return ends.every((end) => joined.some((fk) => fk.ref_table === end));
}

/**
 * The name of the one foreign key of `table` to `target`, or undefined when there is another
 * relationship, which lite and PostgREST refuse as ambiguous.
 */
function onlyForeignKey(schema: Schema, table: string, target: string): string | undefined {
  const keys = schema.foreign_keys;
  const [key, ...others] = keys.filter((fk) => fk.table === table && fk.ref_table === target);
  if (!key || others.length > 0 || table === target) return undefined;
  if (keys.some((fk) => fk.table === target && fk.ref_table === table)) return undefined;
  const between = new Set(keys.filter((fk) => fk.ref_table === target).map((fk) => fk.table));
  const hasJunction = [...between].some((name) => isJunction(schema, name, [table, target]));
  return hasJunction ? undefined : key.foreign_key_name;
}

function nameWithin(query: Query, table: string, schema: Schema): void {
  const embedded = Object.assign(
    {},
    ...(query.select ?? []).filter((item) => typeof item === 'object'),
  );
  for (const [alias, join] of Object.entries(query.join ?? {})) {
    const target = join.from ?? alias;
    if (!isTable(schema, target)) continue;
    const hint = join.hint ?? onlyForeignKey(schema, table, target);
    if (hint) join.hint = hint;
    nameWithin(embedded[alias] ?? {}, target, schema);
  }
}

/**
 * Names the foreign key that an embedding means. lite takes each table with foreign keys to both for a
 * many-to-many relationship, and would refuse `streams` with `users(…)` as ambiguous.
 */
export function nameRelationships<Q extends TableQuery>(query: Q, schema: Schema): Q {
  if (query.from) nameWithin(query, query.from, schema);
  return query;
}
