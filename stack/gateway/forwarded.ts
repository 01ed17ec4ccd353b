import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const CLAIMED = /^(x-forwarded-.*|forwarded|x-real-ip|cf-connecting-ip|true-client-ip)$/;

/** The address that the request really comes from. */
function peerAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/**
 * Replaces what a client claims about its own address by the socket's, so that functions and SQL
 * can trust `x-forwarded-for` and `x-real-ip`.
 */
export function setForwardedHeaders(request: IncomingMessage): void {
  const address = peerAddress(request);
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!CLAIMED.test(name)) headers[name] = value;
  }
  headers['x-forwarded-for'] = address;
  headers['x-real-ip'] = address;
  request.headers = headers;
  request.rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).flatMap((one) => [name, one]),
  );
}
