/** Filters of one column by one operator: lite keeps the last of them alone. */

type Parameter = readonly [name: string, value: string];

const NAME = /^(?<table>(?:[^.,()"]+\.)*)(?<column>[^.,()"\s]+)$/;
const FILTER = /^(?<operator>not|[a-z]+)(?:\([a-z_]+\))?\./;

/** What keeps its meaning within a logic tree: no comma or parenthesis but in quotes or a list's. */
const PLAIN = /^[\w.]+(?:\([a-z_]+\))?\.(?:[^,()"{}]*|"[^"]*"|\((?:[^()"]|"(?:[^"\\]|\\.)*")*\))$/s;

/**
 * Moves each filter whose column and operator an earlier one has into an `and`, which all must meet.
 * @param parameters of a table's query, their values in quotes where lite would guess
 */
export function keepRepeated(parameters: readonly Parameter[]): Parameter[] {
  const seen = new Set<string>();
  return parameters.map(([name, value]) => {
    const operator = FILTER.exec(value)?.groups?.operator;
    if (!operator) return [name, value];
    const filter = `${name} ${operator}`;
    const parts = seen.has(filter) && PLAIN.test(value) ? NAME.exec(name)?.groups : undefined;
    seen.add(filter);
    return parts ? [`${parts.table}and`, `(${parts.column}.${value})`] : [name, value];
  });
}
