import { type Refusal, refusalResponse } from './answer.ts';
import { isFilter, quoteFilter } from './filter-values.ts';
import { keepRepeated } from './repeated-filters.ts';

const TABLE_PATH = /^\/rest\/v1\/(?!rpc\/)[^/]+$/;
const RPC_PATH = /^\/rest\/v1\/rpc\/[^/]+$/;

const VERBS: Readonly<Record<string, string>> = { PATCH: 'UPDATE', DELETE: 'DELETE' };

/**
 * The refusal of an update or a deletion of every row of a table, which Supabase refuses in the
 * database (with the extension safeupdate, that the local server lacks); else undefined.
 */
export function refuseUnfilteredWrite(request: Request): Response | undefined {
  const { pathname, searchParams } = new URL(request.url);
  const verb = VERBS[request.method];
  if (!verb || !TABLE_PATH.test(pathname)) return undefined;
  if ([...searchParams.keys()].some(isFilter)) return undefined;
  const refusal: Refusal = { code: '21000', message: `${verb} requires a WHERE clause` };
  return refusalResponse(400, refusal);
}

/** A HEAD of a function asks what GET does; lite takes its arguments for filters. */
export function headToGet(request: Request): Request {
  if (request.method !== 'HEAD' || !RPC_PATH.test(new URL(request.url).pathname)) return request;
  return new Request(request.url, { method: 'GET', headers: request.headers });
}

/**
 * Writes the filters of a query so that lite takes them as PostgREST would.
 * @param url a path with its query; returned unchanged where there is nothing to filter
 */
export function spellOutFilters(url: string): string {
  const [path = '', query] = url.split(/\?(.*)/s);
  if (!query || !path.startsWith('/rest/v1/')) return url;
  const quoted = [...new URLSearchParams(query)].map(
    ([name, value]) => [name, quoteFilter(name, value)] as const,
  );
  const parameters = TABLE_PATH.test(path) ? keepRepeated(quoted) : quoted;
  return `${path}?${new URLSearchParams(parameters.map((parameter) => [...parameter]))}`;
}
