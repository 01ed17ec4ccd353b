import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import { CORS, type Refusal, refusalBody } from './answer.ts';
import { withRequestContext } from './request-context.ts';
import { fixStorageAnswer, unwrapUpload } from './storage-http.ts';

const NO_SCHEMA: Refusal = {
  code: 'PGRST002',
  message: 'Could not query the database for the schema cache. Retrying.',
};

function refusal(status: number, body: Refusal): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...CORS };
  return new Response(refusalBody(body), { status, headers });
}

async function schemaIsKnown(app: App): Promise<boolean> {
  try {
    await app.connection.introspect({ useCache: true });
    return true;
  } catch {
    return false;
  }
}

async function answer(app: App, request: Request): Promise<Response> {
  if (!(await schemaIsKnown(app))) return refusal(503, NO_SCHEMA);
  const response = await app.fetch(await unwrapUpload(request), { peerAddress: null });
  return fixStorageAnswer(request, response);
}

/** Answers requests to the Data API, Auth and Storage. */
export function liteListener(app: App): RequestListener {
  const listener = getRequestListener((request) => {
    const { pathname: path } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    return withRequestContext({ method: request.method, path, headers }, () =>
      answer(app, request),
    );
  });
  return (request, response) => void listener(request, response);
}
