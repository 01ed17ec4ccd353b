/** Which filters let a row pass, asked so that thousands of filters are one expression a column and operator. */
import type { Filter } from './filter.ts';
import type { TableFacts } from './table-facts.ts';

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Numbers its parameters as they are added. */
export class Parameters {
  readonly values: string[] = [];

  add(value: string): string {
    this.values.push(value);
    return `$${this.values.length}::text`;
  }
}

const textOf = ({ column, operator, values }: Filter) => JSON.stringify([column, operator, values]);

/** The filters that differ, by column and operator. */
function sort(filters: readonly Filter[]): Filter[][] {
  const distinct = new Map(filters.map((filter) => [textOf(filter), filter]));
  const groups = new Map<string, Filter[]>();
  for (const filter of distinct.values()) {
    const key = JSON.stringify([filter.column, filter.operator]);
    const group = groups.get(key);
    if (group) group.push(filter);
    else groups.set(key, [filter]);
  }
  return [...groups.values()];
}

/** An array with an item for each filter of a column and operator: whether the row passes. */
function groupSql(group: readonly Filter[], facts: TableFacts, parameters: Parameters): string {
  const [{ column, operator }] = group as [Filter];
  const type = facts.columns.find(({ name }) => name === column)?.sqlType;
  const isList = operator === '= any';
  const given = group.map(({ values }) => (isList ? values : values[0]));
  const operand = isList
    ? `(array(select v::${type} from jsonb_array_elements_text(item) v))`
    : ` (item #>> '{}')::${type}`;
  const passes = type ? `coalesce((row).${quote(column)} ${operator}${operand}, false)` : 'false';
  return `array(select ${passes} from jsonb_array_elements(${parameters.add(JSON.stringify(given))}::jsonb)
    with ordinality as given_filters(item, place) order by place)`;
}

export interface Passes {
  /** The expression, over `row`: an array of booleans. */
  readonly sql: string;
  /** Where in the array to look for a filter. */
  readonly placeOf: (filter: Filter) => number;
}

/** Asks of a row whether each of these filters lets it pass. */
export function askPasses(
  filters: readonly Filter[],
  facts: TableFacts,
  parameters: Parameters,
): Passes {
  const groups = sort(filters);
  const places = new Map(groups.flat().map((filter, place) => [textOf(filter), place]));
  const arrays = groups.map((group) => groupSql(group, facts, parameters));
  return {
    sql: ['array[]::boolean[]', ...arrays].join(' || '),
    placeOf: (filter) => places.get(textOf(filter)) ?? -1,
  };
}
