/** The filter of a subscription to row changes: `column=operator.value`. */

import { MAX_FILTER_VALUES } from '../limits.ts';

const OPERATORS = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  in: '= any',
} as const;
type Name = keyof typeof OPERATORS;

export interface Filter {
  readonly column: string;
  readonly operator: (typeof OPERATORS)[Name];
  /** One value, or those of a list. */
  readonly values: readonly string[];
}

/** Splits `a,"b,c",d`; a quoted item may hold commas, and `\"` for a quote. */
function splitList(text: string): string[] {
  const items = text.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return items.map((item) =>
    item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, '$1') : item,
  );
}

/** @throws Error that says what is wrong with the text */
export function parseFilter(text: string): Filter {
  const [, column = '', name = '', value = ''] = /^([^=]+)=([a-z]+)\.(.*)$/s.exec(text) ?? [];
  if (!(name in OPERATORS)) {
    const known = Object.keys(OPERATORS).join(', ');
    throw new Error(`the filter "${text}" is not column=operator.value; operators: ${known}`);
  }
  const operator = OPERATORS[name as Name];
  if (operator !== '= any') return { column, operator, values: [value] };
  const list = /^\((.*)\)$/s.exec(value)?.[1];
  if (list === undefined) throw new Error(`the filter "${text}" must list its values in brackets`);
  const values = splitList(list);
  if (values.length > MAX_FILTER_VALUES) {
    throw new Error(`the filter on "${column}" lists more than ${MAX_FILTER_VALUES} values`);
  }
  return { column, operator, values };
}
