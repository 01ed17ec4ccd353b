import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { App } from '@supabase/lite';
import type { StackConfig } from '../config.ts';
import { refusalBody, refuse } from './answer.ts';
import type { GatewayConnection } from './connection.ts';
import { setForwardedHeaders } from './forwarded.ts';
import { proxyToFunctions } from './functions-proxy.ts';
import { withRequestContext } from './request-context.ts';
import { fixStorageAnswer, unwrapUpload } from './storage-http.ts';

const NO_REALTIME = {
  code: 'realtime_unavailable',
  message: 'The local stack has no Realtime yet.',
  hint: 'Poll the Data API, or use a Supabase project.',
} as const;

const NOT_FOUND = {
  code: 'not_found',
  message: 'No service answers at this path.',
  hint: 'The services are /rest/v1, /auth/v1, /storage/v1 and /functions/v1.',
} as const;

function contextOf(request: Request) {
  const { pathname } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  return { method: request.method, path: pathname, headers };
}

function liteListener(app: App): RequestListener {
  const listener = getRequestListener((request) =>
    withRequestContext(contextOf(request), async () => {
      const response = await app.fetch(await unwrapUpload(request), { peerAddress: null });
      return fixStorageAnswer(request, response);
    }),
  );
  return (request, response) => void listener(request, response);
}

async function answerHealth(connection: GatewayConnection, response: ServerResponse) {
  try {
    await connection.lite.driver`select 1`;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"status":"ok"}');
  } catch {
    refuse(response, 503, {
      code: 'database_unavailable',
      message: 'The database does not answer.',
      hint: 'It is being started or restarted: try again in a few seconds.',
    });
  }
}

function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  const body = refusalBody(NO_REALTIME);
  socket.end(
    'HTTP/1.1 501 Not Implemented\r\nconnection: close\r\n' +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The HTTP server that routes each request to its service by the path's first part. */
export function createGatewayServer(
  config: StackConfig,
  app: App,
  connection: GatewayConnection,
): Server {
  const lite = liteListener(app);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    setForwardedHeaders(request);
    if (/^\/(rest|auth|storage)\/v1(\/|$)/.test(path)) lite(request, response);
    else if (/^\/functions\/v1\/./.test(path))
      proxyToFunctions(config.functionsUrl, request, response);
    else if (/^\/realtime\/v1(\/|$)/.test(path)) refuse(response, 501, NO_REALTIME);
    else if (path === '/health') void answerHealth(connection, response);
    else refuse(response, 404, NOT_FOUND);
  });
  server.on('upgrade', refuseUpgrade);
  return server;
}
