import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import { refusalResponse } from './answer.ts';
import type { GatewayConnection } from './connection.ts';
import { allowReading } from './cors.ts';
import type { ReadRequest, RequestBodies } from './request-bodies.ts';
import { requestContext, withRequestContext } from './request-context.ts';
import { headToGet, refuseUnfilteredWrite } from './rest-http.ts';
import { fixStorageAnswer } from './storage-http.ts';

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
  app: App,
  connection: GatewayConnection,
  bodies: RequestBodies,
  request: Request,
): Promise<Response> {
  const refused = refuseUnfilteredWrite(request);
  if (refused) return refused;
  if (!(await isPrepared(connection))) return refusalResponse(503, NO_SCHEMA);
  const response = await ask(app, await bodies.read(headToGet(request)));
  return fixStorageAnswer(request, response);
}

/** The answer, or what the gateway itself has refused on the way to it. */
async function answerOrRefuse(answering: Promise<Response>): Promise<Response> {
  const outcome = await answering.catch((error: unknown) => error);
  const refused = requestContext()?.refused;
  if (refused) return refusalResponse(refused.status, refused.refusal);
  if (outcome instanceof Error) throw outcome;
  return outcome as Response;
}

/** Answers requests to the Data API, Auth and Storage. */
export function liteListener(
  app: App,
  connection: GatewayConnection,
  bodies: RequestBodies,
): RequestListener {
  const listener = getRequestListener((request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    return withRequestContext({ method: request.method, path, headers }, async () =>
      allowReading(await answerOrRefuse(answer(app, connection, bodies, request))),
    );
  });
  return (request, response) => void listener(request, response);
}
