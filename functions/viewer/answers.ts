/** The refusals of `viewer`. */
import { errorAnswer } from '../_shared/error-answer.ts';

/** No action that we know. */
export function malformedAnswer(): Response {
  return errorAnswer(
    'request_malformed',
    'The request is none of {"action": "join", "stream_id": "<uuid>"}, ' +
      '{"action": "beat", "viewer_token": "…"} and {"action": "leave", "viewer_token": "…"}.',
  );
}

/** The token was not given by join, or it is more than a day old. */
export function tokenAnswer(): Response {
  return errorAnswer('viewer_token_invalid', 'The viewer token is not valid, or has expired.');
}

/** Says how long to wait. */
export function limitAnswer(waitMs: number): Response {
  const seconds = Math.max(Math.ceil(waitMs / 1000), 1);
  const answer = errorAnswer('too_many_requests', `Too many requests: try again in ${seconds} s.`);
  answer.headers.set('retry-after', String(seconds));
  return answer;
}
