import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';

const CLAIMED = /^(x-forwarded-.*|forwarded|x-real-ip|cf-connecting-ip|true-client-ip)$/;

/** An address without the port that some proxies add and an interface's name; an IPv4 one in its own form. */
function plainAddress(text: string): string {
  const [, inBrackets, beforePort] =
    /^(?:\[(.*)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/.exec(text) ?? [];
  return (inBrackets ?? beforePort ?? text).replace(/^::ffff:(?=\d+\.)|%.*$/gi, '');
}

function isIn(proxies: BlockList, address: string): boolean {
  return proxies.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/**
 * The address that the request comes from: the socket's, or where that is a trusted proxy's, the one
 * that the proxy names, and so on. Each proxy appends the address that it was asked from to
 * `x-forwarded-for`, so the list is read from its end, and what a client wrote there stays unread.
 */
function clientAddress(request: IncomingMessage, proxies: BlockList): string {
  const named = String(request.headers['x-forwarded-for'] ?? '').split(',');
  let address = plainAddress(request.socket.remoteAddress ?? '');
  while (named.length > 0 && isIP(address) && isIn(proxies, address)) {
    const before = plainAddress(named.pop()?.trim() ?? '');
    if (!isIP(before)) break;
    address = before;
  }
  return address;
}

/**
 * Replaces what a client claims about its own address by the true one, so that functions and SQL
 * can trust `x-forwarded-for` and `x-real-ip`.
 *
 * @param proxies whose word about their clients is taken
 */
export function setForwardedHeaders(request: IncomingMessage, proxies: BlockList): void {
  const address = clientAddress(request, proxies);
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
