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

/** A refusal's JSON. */
export function refusalBody({ code, message, details = null, hint = null }: Refusal): string {
  return JSON.stringify({ code, message, details, hint });
}

/** A refusal as an answer to a `Request`. */
export function refusalResponse(status: number, refusal: Refusal): Response {
  return new Response(refusalBody(refusal), { status, headers: HEADERS });
}

/** Answers with a refusal; ends the connection when an answer has already begun. */
export function refuse(response: ServerResponse, status: number, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, HEADERS);
  response.end(refusalBody(refusal));
}
