import type { ServerResponse } from 'node:http';

/** The four fields that every refusal of the API has. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details?: string | null;
  readonly hint?: string | null;
}

/** Browsers may read a refusal of the gateway's own. */
export const CORS = { 'access-control-allow-origin': '*' } as const;

/** A refusal's JSON. */
export function refusalBody({ code, message, details = null, hint = null }: Refusal): string {
  return JSON.stringify({ code, message, details, hint });
}

/** Answers with a refusal, unless an answer has already begun. */
export function refuse(response: ServerResponse, status: number, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...CORS });
  response.end(refusalBody(refusal));
}
