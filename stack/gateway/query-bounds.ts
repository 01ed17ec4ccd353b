import { type Refusal, refusalResponse } from './answer.ts';
import { isFilter } from './filter-values.ts';

/** How large the query of one request may be. */
const BOUNDS = { filters: 100, depth: 8, embeds: 20 } as const;

/** What a bracket stands behind when it holds further conditions, and not a list of values. */
const LOGIC = /(?:^|[(,.])(?:and|or)$/;

interface Size {
  readonly count: number;
  readonly depth: number;
}

/** Goes through a text once, past what is in quotes, and calls back for each bracket and comma. */
function scan(text: string, onMark: (mark: string, at: number) => void): void {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && '(),'.includes(character)) onMark(character, at);
  }
}

/** Conditions in the tree of an `and` or `or`: `(a.eq.1,or(b.in.(1,2),c.gt.2))` has three, two deep. */
function sizeOfLogic(text: string): Size {
  const open: boolean[] = [];
  let [count, level, depth] = [1, 0, 0];
  scan(text, (mark, at) => {
    if (mark === ',') count += open.at(-1) ? 1 : 0;
    else if (mark === ')') level -= open.pop() ? 1 : 0;
    else {
      const isLogic = open.length === 0 || LOGIC.test(text.slice(Math.max(0, at - 4), at));
      open.push(isLogic);
      level += isLogic ? 1 : 0;
      depth = Math.max(depth, level);
    }
  });
  return { count, depth };
}

/** Tables within a `select`: `*,author:users(name,posts(id)),likes.count()` has two, two deep. */
function sizeOfSelect(text: string): Size {
  let [count, level, depth] = [0, 0, 0];
  scan(text, (mark, at) => {
    if (mark === ')') level--;
    if (mark !== '(') return;
    level++;
    if (text[at + 1] === ')') return; // an aggregate
    count++;
    depth = Math.max(depth, level);
  });
  return { count, depth };
}

const NOTHING: Size = { count: 0, depth: 0 };
const ONE: Size = { count: 1, depth: 0 };

function filtersIn(name: string, value: string): Size {
  if (/(?:^|\.)(?:and|or)$/.test(name)) return sizeOfLogic(value);
  return isFilter(name) ? ONE : NOTHING;
}

function tooLarge(what: string, most: number): Refusal {
  return {
    code: 'query_too_large',
    message: `The query has more than ${most} ${what}.`,
    hint: 'Ask for less in one request, or put the query into a function or a view of the database.',
  };
}

function findExcess(parameters: URLSearchParams): Refusal | undefined {
  let [filters, embeds, depth] = [0, 0, 0];
  for (const [name, value] of parameters) {
    const conditions = filtersIn(name, value);
    const tables = name === 'select' ? sizeOfSelect(value) : NOTHING;
    filters += conditions.count;
    embeds += tables.count;
    depth = Math.max(depth, conditions.depth, tables.depth);
  }
  if (filters > BOUNDS.filters) return tooLarge('filters', BOUNDS.filters);
  if (embeds > BOUNDS.embeds) return tooLarge('embedded tables', BOUNDS.embeds);
  if (depth > BOUNDS.depth) return tooLarge('levels', BOUNDS.depth);
  return undefined;
}

/** The refusal of a query of the Data API that would keep the database busy by its size; else undefined. */
export function refuseLargeQuery(request: Request): Response | undefined {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith('/rest/v1/')) return undefined;
  const excess = findExcess(searchParams);
  return excess && refusalResponse(400, excess);
}
