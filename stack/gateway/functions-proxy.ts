import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { refuse } from './answer.ts';

const DOWN = {
  code: 'functions_unavailable',
  message: 'The edge functions are not running.',
  hint: 'They are being started or restarted: try again in a few seconds, or run "npm run status".',
} as const;

/**
 * Hands a request on to the functions host and its answer back, both as streams. Answers 503 when
 * the host cannot be reached, and ends the connection when it dies in the middle of an answer.
 */
export function proxyToFunctions(
  functionsUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { host, ...headers } = request.headers;
  const outgoing = openRequest(new URL(request.url ?? '/', functionsUrl), {
    method: request.method,
    headers: { ...headers, ...(host && { 'x-forwarded-host': host }) },
  });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => {});
  });
  outgoing.on('error', () => refuse(response, 503, DOWN));
  response.on('close', () => outgoing.destroy());
  pipeline(request, outgoing, () => {});
}
