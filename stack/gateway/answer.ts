import type { ServerResponse } from 'node:http';

/** The four fields that every refusal of the API has. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details?: string | null;
  readonly hint?: string | null;
}

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'access-control-allow-origin': '*',
} as const;

/** With a 503: supabase-js asks again by itself, and would else wait for longer each time. */
export const RETRY_SOON = { 'retry-after': '1' } as const;

const retryHeaders = (status: number) => (status === 429 || status === 503 ? RETRY_SOON : {});

/** A refusal's JSON. */
export function refusalBody({ code, message, details = null, hint = null }: Refusal): string {
  return JSON.stringify({ code, message, details, hint });
}

/**
 * A refusal as an answer to a `Request`.
 *
 * @param more further headers, such as another `retry-after` than a 503 has by itself
 */
export function refusalResponse(
  status: number,
  refusal: Refusal,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = { ...HEADERS, ...retryHeaders(status), ...more };
  return new Response(refusalBody(refusal), { status, headers });
}

/** Answers with a refusal; ends the connection when an answer has already begun. */
export function refuse(response: ServerResponse, status: number, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...HEADERS, ...retryHeaders(status) });
  response.end(refusalBody(refusal));
}
