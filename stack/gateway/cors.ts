import type { IncomingMessage, ServerResponse } from 'node:http';

/** The methods of every service. */
export const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const DAY_SECONDS = 86_400;

/** What a browser's script may read of an answer beside its body. */
const EXPOSED = [
  'Content-Range',
  'Content-Location',
  'Content-Length',
  'Preference-Applied',
  'Link',
  'X-Total-Count',
  'X-Supabase-Api-Version',
  'SB-Error-Code',
  'Retry-After',
].join(', ');

/** True for the question that a browser asks before a request to another origin. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && Boolean(request.headers['access-control-request-method']);
}

/** Allows a browser's request from any origin, with any header: the keys and policies decide. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': String(
      request.headers['access-control-request-headers'] ?? '*',
    ),
    'access-control-max-age': String(DAY_SECONDS),
    vary: 'access-control-request-headers',
  });
  response.end();
}

/** Lets a browser's script of any origin read the answer, refusals included. */
export function allowReading(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.delete('access-control-allow-credentials'); // means nothing beside any origin
  headers.set('access-control-allow-origin', '*');
  headers.set('access-control-expose-headers', EXPOSED);
  return new Response(response.body, { status: response.status, headers });
}
