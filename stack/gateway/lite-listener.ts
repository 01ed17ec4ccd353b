import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import type { TokenVerifier } from './access-token.ts';
import { refusalResponse } from './answer.ts';
import type { GatewayConnection } from './connection.ts';
import { allowReading } from './cors.ts';
import { faultOfRequest } from './input-errors.ts';
import type { ReadRequest, RequestBodies } from './request-bodies.ts';
import { requestContext, withRequestContext } from './request-context.ts';
import { RequestRefused } from './request-refused.ts';
import { headToGet, refuseDeepQuery, refuseUnfilteredWrite, spellOutFilters } from './rest-http.ts';
import { fixStorageAnswer, refuseWrongSignature } from './storage-http.ts';

/** lite, and what stands around it. */
export interface LiteService {
  readonly app: App;
  readonly connection: GatewayConnection;
  readonly bodies: RequestBodies;
  readonly tokens: TokenVerifier;
}

const NO_SCHEMA = {
  code: 'PGRST002',
  message: 'Could not query the database for the schema cache. Retrying.',
} as const;

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
): Promise<Response> {
  const refused =
    refuseUnfilteredWrite(request) ??
    refuseDeepQuery(request) ??
    (await refuseWrongSignature(request, tokens));
  if (refused) return refused;
  if (!(await isPrepared(connection))) return refusalResponse(503, NO_SCHEMA);
  const response = await ask(app, await bodies.read(headToGet(request)));
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
  const listener = getRequestListener((request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    return withRequestContext({ method: request.method, path, headers }, async () =>
      allowReading(await answerOrRefuse(answer(service, request))),
    );
  });
  return (request, response) => {
    request.url = spellOutFilters(request.url ?? '/');
    void listener(request, response);
  };
}
