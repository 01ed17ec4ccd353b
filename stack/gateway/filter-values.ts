/**
 * The values of filters. Whatever they look like, PostgREST hands them to the database as text, which
 * reads them by the column's type. lite guesses (`true`, `null`, `1.50`), unless they stand in quotes.
 */

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const COMPARISON = '(?:not\\.)?(?:eq|neq|gt|gte|lt|lte|match|imatch|cs|cd|ov)\\.';
const ANY_OF = '(?:not\\.)?(?:eq|gt|gte|lt|lte|like|ilike|match|imatch)\\((?:any|all)\\)\\.';

const ONE_VALUE = new RegExp(`^(${COMPARISON})(.*)$`, 's');
const LIST = /^((?:not\.)?in\.)\((.*)\)$/s;
const ARRAY = new RegExp(`^(${ANY_OF})\\{(.*)\\}$`, 's');
const ELEMENT = new RegExp(`${QUOTED}|[^,]+`, 'gs');

const TREE = new RegExp(
  [
    `(?<list>\\.in\\.\\()(?<elements>(?:[^)"]|${QUOTED})*)`,
    `(?<array>\\((?:any|all)\\)\\.\\{)(?<items>(?:[^}"]|${QUOTED})*)`,
    `(?<leaf>[(,]\\s*[^\\s.,()"]+\\.${COMPARISON})(?<value>[^,()"{}\\\\]*|\\{[^"{}\\\\]*\\})(?=[,)])`,
    QUOTED,
    `\\{(?:[^{}"]|${QUOTED})*\\}`,
  ].join('|'),
  'gs',
);

/** Parameters that filter nothing, of the query or of what it embeds. */
const NO_FILTER = /(?:^|\.)(?:select|columns|order|limit|offset|on_conflict|apikey)$/;
const LOGIC = /(?:^|\.)(?:and|or)$/;

const inQuotes = (element: string) => `"${element.replaceAll('\\', '\\\\')}"`;

/** Puts the elements of a list in quotes that are not in any. */
function quoteList(list: string): string {
  if (list.trim() === '') return list;
  return list.replace(ELEMENT, (element) => (element.includes('"') ? element : inQuotes(element)));
}

/** As `quoteList`; in Postgres' own notation a bare null is one, and blanks around an element are none of it. */
function quoteArray(list: string): string {
  return list.replace(ELEMENT, (element) => {
    const isBare = !element.includes('"') && !/^\s*(?:null)?\s*$/i.test(element);
    return isBare ? inQuotes(element.trim()) : element;
  });
}

function quoteTree(tree: string): string {
  return tree.replace(TREE, (match, ...found) => {
    const { list, elements, array, items, leaf, value } = found.at(-1);
    if (list) return list + quoteList(elements);
    if (array) return array + quoteArray(items);
    return leaf ? `${leaf}"${value.trim()}"` : match;
  });
}

/** True for a query's parameter that says which rows are meant. */
export function isFilter(name: string): boolean {
  return !NO_FILTER.test(name);
}

/** Puts the value of a query's parameter in quotes, if it is a filter, so that it reaches the database as it is. */
export function quoteFilter(name: string, filter: string): string {
  if (!isFilter(name)) return filter;
  if (LOGIC.test(name)) return quoteTree(filter);
  return filter
    .replace(ONE_VALUE, '$1"$2"')
    .replace(LIST, (_, operator, list) => `${operator}(${quoteList(list)})`)
    .replace(ARRAY, (_, operator, list) => `${operator}{${quoteArray(list)}}`);
}
