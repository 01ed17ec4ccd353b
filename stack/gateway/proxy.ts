import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { type Refusal, refuse } from './answer.ts';

/**
 * Hands a request on to a service and its answer back, both as streams. Answers 503 when the service
 * cannot be reached, and ends the connection when it dies in the middle of an answer.
 *
 * @param target the address at the service
 * @param down the refusal for a service that is not there
 */
export function proxyTo(
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  down: Refusal,
): void {
  const { host, ...headers } = request.headers;
  const outgoing = openRequest(target, {
    method: request.method,
    headers: { ...headers, ...(host && { 'x-forwarded-host': host }) },
  });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => {});
  });
  outgoing.on('error', () => refuse(response, 503, down));
  response.on('close', () => outgoing.destroy());
  pipeline(request, outgoing, () => {});
}
