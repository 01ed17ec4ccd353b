import { type Refusal, refusalResponse } from './answer.ts';

const TABLE_PATH = /^\/rest\/v1\/(?!rpc\/)[^/]+$/;
const RPC_PATH = /^\/rest\/v1\/rpc\/[^/]+$/;

/** Query parameters of a table's path that filter nothing. */
export const NO_FILTER = new Set([
  'select',
  'columns',
  'order',
  'limit',
  'offset',
  'on_conflict',
  'apikey',
]);

const VERBS: Readonly<Record<string, string>> = { PATCH: 'UPDATE', DELETE: 'DELETE' };

/**
 * The refusal of an update or a deletion of every row of a table, which Supabase refuses in the
 * database (with the extension safeupdate, that the local server lacks); else undefined.
 */
export function refuseUnfilteredWrite(request: Request): Response | undefined {
  const { pathname, searchParams } = new URL(request.url);
  const verb = VERBS[request.method];
  if (!verb || !TABLE_PATH.test(pathname)) return undefined;
  if ([...searchParams.keys()].some((name) => !NO_FILTER.has(name))) return undefined;
  const refusal: Refusal = { code: '21000', message: `${verb} requires a WHERE clause` };
  return refusalResponse(400, refusal);
}

/** A HEAD of a function asks what GET does; lite takes its arguments for filters. */
export function headToGet(request: Request): Request {
  if (request.method !== 'HEAD' || !RPC_PATH.test(new URL(request.url).pathname)) return request;
  return new Request(request.url, { method: 'GET', headers: request.headers });
}
