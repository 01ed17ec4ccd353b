import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import { refusalResponse } from './answer.ts';
import type { GatewayConnection } from './connection.ts';
import { allowReading } from './cors.ts';
import { withRequestContext } from './request-context.ts';
import { headToGet, refuseUnfilteredWrite, spellOutFilters } from './rest-http.ts';
import { fixStorageAnswer, unwrapUpload } from './storage-http.ts';

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

async function answer(
  app: App,
  connection: GatewayConnection,
  request: Request,
): Promise<Response> {
  const refused = refuseUnfilteredWrite(request);
  if (refused) return refused;
  if (!(await isPrepared(connection))) return refusalResponse(503, NO_SCHEMA);
  const forLite = await unwrapUpload(headToGet(request));
  const response = await app.fetch(forLite, { peerAddress: null });
  return allowReading(await fixStorageAnswer(request, response));
}

/** Answers requests to the Data API, Auth and Storage. */
export function liteListener(app: App, connection: GatewayConnection): RequestListener {
  const listener = getRequestListener((request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    return withRequestContext({ method: request.method, path, headers }, () =>
      answer(app, connection, request),
    );
  });
  return (request, response) => {
    request.url = spellOutFilters(request.url ?? '/');
    void listener(request, response);
  };
}
