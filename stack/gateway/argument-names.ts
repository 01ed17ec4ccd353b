/** An argument's name in a call that lite has compiled: after a parenthesis, a comma or VARIADIC, before its value. */
const ARGUMENT_NAME = /(?<=[(,]\s*(?:VARIADIC )?)[A-Za-z_]\w*(?= := )/g;

/** Quotes the names of arguments, which lite writes bare: `position` or `end` would be syntax errors. */
export function quoteArgumentNames(sql: string): string {
  return sql.replace(ARGUMENT_NAME, '"$&"');
}
