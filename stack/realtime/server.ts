/** The HTTP server: WebSockets, broadcasts over HTTP, health. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import { answerBroadcast } from './http-broadcast.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import { urlOf } from './request-url.ts';
import type { Services } from './services.ts';

const GOING_AWAY = 1001;

function refuseUpgrade(socket: Duplex, status: string, error: string): void {
  const body = JSON.stringify({ error });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

export interface RealtimeServer {
  readonly http: Server;
  /** Tells every client to come back later. */
  close(): void;
}

/**
 * @param services what connections share
 * @param isReady whether messages of the database arrive
 */
export function createRealtimeServer(services: Services, isReady: () => boolean): RealtimeServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const http = createServer((request, response) => {
    const { pathname } = urlOf(request);
    if (request.method === 'POST' && /^\/api\/broadcast(\/|$)/.test(pathname)) {
      return void answerBroadcast(request, response, services);
    }
    const status = pathname === '/health' ? (isReady() ? 200 : 503) : 404;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end('{}');
  });

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname, searchParams } = urlOf(request);
    if (pathname !== '/websocket') return refuseUpgrade(socket, '404 Not Found', 'Not Found');
    const apikey = searchParams.get('apikey') ?? request.headers['x-api-key'];
    if (typeof apikey !== 'string' || !(await services.identities.opens(apikey))) {
      return refuseUpgrade(socket, '401 Unauthorized', 'The token provided is not a valid JWT');
    }
    const version = searchParams.get('vsn') === '2.0.0' ? '2.0.0' : '1.0.0';
    const { headers } = request;
    if (socket.destroyed) return;
    const share = services.addresses.of(request);
    if (!share.open())
      return refuseUpgrade(socket, '429 Too Many Requests', 'Too many connected users');
    socket.once('close', () => share.close());
    sockets.handleUpgrade(request, socket, head, (client) => {
      new Connection(client, services, { version, apikey, headers, share });
    });
  }

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: Error) => {
      services.log(`a connection was not opened: ${error.message}`);
      socket.destroy();
    });
  });
  const close = () => {
    http.close();
    http.closeIdleConnections();
    for (const client of sockets.clients) client.close(GOING_AWAY, 'Realtime is restarting');
  };
  return { http, close };
}
