import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import { type Refusal, refuse } from './answer.ts';
import { JSON_TOO_DEEP } from './body-refusals.ts';
import { JsonDepth } from './json-depth.ts';

/** Passes a body on as long as its JSON is not too deep; what comes after that goes nowhere. */
function shallowJson(onTooDeep: () => void): Transform {
  const depth = new JsonDepth();
  let isTooDeep = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (isTooDeep) return done();
      isTooDeep = !depth.accepts(chunk);
      if (!isTooDeep) return done(null, chunk);
      onTooDeep();
      done();
    },
  });
}

/**
 * Hands a request on to a service and its answer back, both as streams. Answers 400 when the request's
 * JSON is too deep, 503 when the service cannot be reached, and ends the connection when it dies in the middle of an answer.
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
  let isRefused = false;
  const outgoing = openRequest(target, {
    method: request.method,
    headers: { ...headers, ...(host && { 'x-forwarded-host': host }) },
  });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => {});
  });
  outgoing.on('error', () => isRefused || refuse(response, 503, down));
  response.on('close', () => outgoing.destroy());
  const refuseDepth = () => {
    isRefused = true;
    request.unpipe();
    request.resume();
    outgoing.destroy();
    refuse(response, 400, JSON_TOO_DEEP);
  };
  pipeline(request.pipe(shallowJson(refuseDepth)), outgoing, () => {});
}
