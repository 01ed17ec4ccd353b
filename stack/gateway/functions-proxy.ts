import type { IncomingMessage, ServerResponse } from 'node:http';
import { proxyTo } from './proxy.ts';

const DOWN = {
  code: 'functions_unavailable',
  message: 'The edge functions are not running.',
  hint: 'They are being started or restarted: try again in a few seconds, or run "npm run status".',
} as const;

/** Hands a request on to the functions host; answers 503 when it cannot be reached. */
export function proxyToFunctions(
  functionsUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  proxyTo(new URL(request.url ?? '/', functionsUrl), request, response, DOWN);
}
