import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import type { TokenVerifier } from './access-token.ts';
import { refusalResponse } from './answer.ts';
import type { callerReader } from './caller.ts';
import type { GatewayConnection } from './connection.ts';
import { allowReading } from './cors.ts';
import { faultOfRequest } from './input-errors.ts';
import { refuseLargeQuery } from './query-bounds.ts';
import type { ReadRequest, RequestBodies } from './request-bodies.ts';
import { type RequestContext, requestContext, withRequestContext } from './request-context.ts';
import { RequestRefused } from './request-refused.ts';
import { headToGet, refuseUnfilteredWrite, spellOutFilters } from './rest-http.ts';
import type { PoolExhausted } from './session-pool.ts';
import { fixStorageAnswer, refuseWrongSignature } from './storage-http.ts';

/** lite, and what stands around it. */
export interface LiteService {
  readonly app: App;
  readonly connection: GatewayConnection;
  readonly bodies: RequestBodies;
  readonly tokens: TokenVerifier;
  readonly readCaller: ReturnType<typeof callerReader>;
}

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

/** lite's answer, and what it holds in memory released. */
async function ask(app: App, { request, release }: ReadRequest): Promise<Response> {
  try {
    return await app.fetch(request, { peerAddress: null });
  } finally {
    await release();
  }
}

async function answer(
  { app, connection, bodies, tokens }: LiteService,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const refused =
    refuseUnfilteredWrite(request) ??
    refuseLargeQuery(request) ??
    (await refuseWrongSignature(request, tokens));
  if (refused) return refused;
  if (!(await isPrepared(connection))) return refusalResponse(503, NO_SCHEMA);
  const response = await ask(app, await bodies.read(headToGet(request)));
  if (context.exhausted && !response.ok) return refuseExhausted(context.exhausted);
  return fixStorageAnswer(request, response);
}

/** Replaces an answer of 500 to what is the request's own fault. */
function correctFault(response: Response): Response {
  const { path = '', databaseError } = requestContext() ?? {};
  if (response.status !== 500 || path.startsWith('/rest/')) return response;
  const fault = faultOfRequest(path, databaseError);
  return fault ? refusalResponse(fault.status, fault.refusal) : response;
}

/** The answer, or what the gateway itself has refused on the way to it. */
async function answerOrRefuse(answering: Promise<Response>): Promise<Response> {
  try {
    const response = await answering;
    const refused = requestContext()?.refused;
    return refused ? refusalResponse(refused.status, refused.refusal) : correctFault(response);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return refusalResponse(error.status, error.refusal);
  }
}

/** Answers requests to the Data API, Auth and Storage. */
export function liteListener(service: LiteService): RequestListener {
  const listener = getRequestListener(async (request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const caller = await service.readCaller(path, headers);
    const context: RequestContext = { method: request.method, path, headers, caller };
    return withRequestContext(context, async () =>
      allowReading(await answerOrRefuse(answer(service, request, context))),
    );
  });
  return (request, response) => {
    request.url = spellOutFilters(request.url ?? '/');
    void listener(request, response);
  };
}
