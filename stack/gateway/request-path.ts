import type { IncomingMessage } from 'node:http';

/**
 * Makes the request's URL the one that a browser would have sent: `..` resolved, and no host before
 * the path. A service resolves them by itself, and would else be asked for what is not below its path.
 */
export function resolvePath(request: IncomingMessage): void {
  const { url = '/' } = request;
  const resolved = URL.parse(url.startsWith('/') ? `http://gateway${url}` : url);
  if (resolved) request.url = resolved.pathname + resolved.search;
}
