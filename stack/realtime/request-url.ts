import type { IncomingMessage } from 'node:http';

/** A request's path and query; those of `/` when it has none that can be read. */
export function urlOf(request: IncomingMessage): URL {
  const text = `http://realtime${request.url}`;
  return new URL(URL.canParse(text) ? text : 'http://realtime/');
}
