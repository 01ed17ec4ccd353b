/** How a changed row looks to one client. */
import type { Sql } from 'postgres';
import { type Applicant, actAs } from '../authorization.ts';
import type { Change, Row } from '../replication/pgoutput.ts';
import type { Filter } from './filter.ts';
import { askPasses, Parameters, quote } from './passes.ts';
import type { ColumnFacts, TableFacts } from './table-facts.ts';

export interface View {
  readonly isVisible: boolean;
  /** Whether a filter that was asked about lets the row pass. */
  readonly passes: (filter: Filter) => boolean;
  readonly record: object | null;
  readonly oldRecord: object | null;
  /** Columns that the client may not read. */
  readonly hidden: readonly string[];
}

const JSON_TYPES = new Set(['json', 'jsonb']);

/** The row as JSON text that `jsonb_populate_record` reads: text for each value, but JSON for JSON. */
function asDocument(row: Row | null, columns: readonly ColumnFacts[]): string {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const members = Object.entries(row ?? {})
    .filter(([name]) => types.has(name))
    .map(([name, value]) => {
      const isJson = value !== null && JSON_TYPES.has(types.get(name) ?? '');
      return `${JSON.stringify(name)}:${isJson ? value : JSON.stringify(value)}`;
    });
  return `{${members.join(',')}}`;
}

/** Whether the client may select the row as it now is; a deleted row nobody can look at any more. */
function visibleSql(table: string, change: Change, { hasRls, primaryKey }: TableFacts): string {
  if (change.type === 'DELETE') return 'true';
  const mayReadKey = `not names && array[${primaryKey.map((name) => `'${name.replaceAll("'", "''")}'`)}]::text[]`;
  if (!hasRls) return mayReadKey;
  const isSame = primaryKey.map((name) => `t.${quote(name)} = (row).${quote(name)}`).join(' and ');
  return isSame ? `${mayReadKey} and exists (select from ${table} t where ${isSame})` : 'false';
}

function viewSql(change: Change, facts: TableFacts, filters: readonly Filter[]) {
  const parameters = new Parameters();
  const { schema, table: name } = change.relation;
  const table = `${quote(schema)}.${quote(name)}`;
  const document = (row: Row | null) => parameters.add(asDocument(row, facts.columns));
  const isDelete = change.type === 'DELETE';
  const [now, before] = [
    document({ ...change.oldRecord, ...change.record }),
    document(change.oldRecord),
  ];
  const passes = askPasses(filters, facts, parameters);
  const pick = (row: string, doc: string) =>
    `(select jsonb_object_agg(key, value) from jsonb_each(to_jsonb(${row}) - names) where ${doc}::jsonb ? key)`;
  const text = `
    select names as hidden, ${visibleSql(table, change, facts)} as "isVisible",
      ${passes.sql} as passes,
      ${isDelete ? 'null' : pick('row', now)} as record,
      ${change.type === 'INSERT' ? 'null' : pick('old', before)} as "oldRecord"
    from (select jsonb_populate_record(null::${table}, ${now}::jsonb) as row,
        jsonb_populate_record(null::${table}, ${before}::jsonb) as old,
        array(select attname::text from pg_attribute
          where attrelid = ${facts.oid} and attnum > 0 and not attisdropped
            and not has_column_privilege(attrelid, attnum, 'select')) as names
      offset 0) as given`;
  return { text, values: parameters.values, placeOf: passes.placeOf };
}

/**
 * Looks at a change as a client, under its role, claims and policies.
 * @throws a database error: of the client's missing rights, or of a policy
 */
export async function viewAs(
  sql: Sql,
  applicant: Applicant,
  change: Change,
  facts: TableFacts,
  filters: readonly Filter[],
): Promise<View> {
  const { text, values, placeOf } = viewSql(change, facts, filters);
  const [view] = await sql.begin(async (transaction) => {
    await actAs(transaction, applicant);
    return transaction.unsafe<(Omit<View, 'passes'> & { passes: boolean[] })[]>(text, values);
  });
  if (!view) throw new Error('the database did not say how a row looks');
  return { ...view, passes: (filter) => view.passes[placeOf(filter)] === true };
}
