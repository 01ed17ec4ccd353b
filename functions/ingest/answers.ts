/** What media servers understand: 200 with `code` 0 lets go on, 403 with another `code` does not. */
import { errorAnswer } from '../_shared/error-answer.ts';

/** The database's "no", as `begin_ingest` and `authorize_play` give it. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  hint: string | null;
}

/** Lets the publisher or player go on. SRS needs `code` 0 in the body, the others the status. */
export function allowAnswer(more: Record<string, unknown> = {}): Response {
  return Response.json({ code: 0, ...more });
}

/**
 * Refuses. The status is 403 whatever the rule, because that is what all servers take as a no;
 * SRS wants a number in `code`, so the rule's stable name stands in `details` as everywhere.
 */
export function refuseAnswer({ status, code, message, hint }: Refusal): Response {
  return Response.json({ code: 403, status, message, details: code, hint }, { status: 403 });
}

/** The body is no hook of a server that we know. */
export function malformedAnswer(): Response {
  return errorAnswer(
    'hook_malformed',
    'This is not a hook of nginx-rtmp, SRS, MediaMTX or node-media-server.',
  );
}

/** Hooks are POST. */
export function methodAnswer(): Response {
  return errorAnswer('method_not_allowed', 'A hook is a POST request.');
}
