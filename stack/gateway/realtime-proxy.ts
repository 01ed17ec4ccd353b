import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { refusalBody } from './answer.ts';
import { proxyTo } from './proxy.ts';

const DOWN = {
  code: 'realtime_unavailable',
  message: 'Realtime is not running.',
  hint: 'It is being started or restarted: clients come back by themselves; or run "npm run status".',
} as const;

const PREFIX = '/realtime/v1';

/** The path of a request to Realtime, as the service itself knows it. */
function ownPath(request: IncomingMessage): string {
  const rest = (request.url ?? '').slice(PREFIX.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Hands a request on to Realtime; answers 503 when it cannot be reached. */
export function proxyToRealtime(
  realtimeUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  proxyTo(new URL(realtimeUrl + ownPath(request)), request, response, DOWN);
}

function refuse(socket: Duplex): void {
  const body = refusalBody(DOWN);
  socket.end(
    'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: application/json\r\n' +
      `retry-after: 1\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function requestHead(request: IncomingMessage): string {
  const lines = [`GET ${ownPath(request)} HTTP/1.1`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Joins a client's WebSocket to Realtime. */
export function proxyUpgrade(
  realtimeUrl: string,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  const { hostname, port } = new URL(realtimeUrl);
  const realtime = connect({ host: hostname, port: Number(port), noDelay: true });
  let isJoined = false;
  realtime.once('connect', () => {
    isJoined = true;
    realtime.write(requestHead(request));
    realtime.write(head);
    realtime.pipe(client).pipe(realtime);
  });
  realtime.on('error', () => (isJoined ? client.destroy() : refuse(client)));
  realtime.on('close', () => isJoined && client.destroy());
  client.on('error', () => realtime.destroy());
  client.on('close', () => realtime.destroy());
}
