import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import { refusalResponse } from './answer.ts';
import type { callerReader } from './caller.ts';
import type { GatewayConnection } from './connection.ts';
import { allowReading } from './cors.ts';
import { refuseLargeQuery } from './query-bounds.ts';
import { type RequestContext, withRequestContext } from './request-context.ts';
import { headToGet, refuseUnfilteredWrite } from './rest-http.ts';
import type { PoolExhausted } from './session-pool.ts';
import { fixStorageAnswer, unwrapUpload } from './storage-http.ts';

const NO_SCHEMA = {
  code: 'PGRST002',
  message: 'Could not query the database for the schema cache. Retrying.',
} as const;

/** As long as a statement of somebody anonymous may take. */
const WAIT_SECONDS = 3;

const TOO_MANY_REQUESTS = {
  code: 'too_many_requests',
  message: 'Too many requests from this address wait for the database.',
  hint: `Wait ${WAIT_SECONDS} seconds, and send fewer at once or lighter ones.`,
} as const;

const DATABASE_BUSY = {
  code: 'PGRST003',
  message: 'Timed out acquiring connection from connection pool.',
  hint: `Try again after ${WAIT_SECONDS} seconds.`,
} as const;

/** The refusal of a request for which no session of the database came free. */
function refuseExhausted({ isByClient }: PoolExhausted): Response {
  const headers = { 'retry-after': String(WAIT_SECONDS) };
  return isByClient
    ? refusalResponse(429, TOO_MANY_REQUESTS, headers)
    : refusalResponse(503, DATABASE_BUSY, headers);
}

async function isPrepared(connection: GatewayConnection): Promise<boolean> {
  try {
    await connection.prepare();
    return true;
  } catch {
    return false;
  }
}

async function answer(
  app: App,
  connection: GatewayConnection,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const refused = refuseUnfilteredWrite(request) ?? refuseLargeQuery(request);
  if (refused) return refused;
  if (!(await isPrepared(connection))) return refusalResponse(503, NO_SCHEMA);
  const forLite = await unwrapUpload(headToGet(request));
  const response = await app.fetch(forLite, { peerAddress: null });
  if (context.exhausted && !response.ok) return refuseExhausted(context.exhausted);
  return allowReading(await fixStorageAnswer(request, response));
}

/** Answers requests to the Data API, Auth and Storage. */
export function liteListener(
  app: App,
  connection: GatewayConnection,
  readCaller: ReturnType<typeof callerReader>,
): RequestListener {
  const listener = getRequestListener(async (request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const caller = await readCaller(path, headers);
    const context: RequestContext = { method: request.method, path, headers, caller };
    return withRequestContext(context, () => answer(app, connection, request, context));
  });
  return (request, response) => void listener(request, response);
}
