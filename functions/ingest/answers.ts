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

/** 400: the body is no hook of a server that we know. */
export function malformedAnswer(): Response {
  return errorAnswer(400, {
    code: 'hook_malformed',
    message: 'This is not a hook of nginx-rtmp, SRS, MediaMTX or node-media-server.',
    hint: 'See docs/ingest.md for the configuration of each media server.',
  });
}

/** 405: hooks are POST. */
export function methodAnswer(): Response {
  return errorAnswer(405, {
    code: 'method_not_allowed',
    message: 'A hook is a POST request.',
    hint: 'nginx-rtmp: notify_method post.',
  });
}

/** 503: the database gave no answer, so nothing was decided and nothing was written. */
export function unreachableAnswer(): Response {
  return errorAnswer(503, {
    code: 'database_unreachable',
    message: 'The database did not answer.',
    hint: 'Encoders try again by themselves; if it stays, look at the status of the stack.',
  });
}
