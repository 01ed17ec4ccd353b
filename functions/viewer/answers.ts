/** The refusals of `viewer`. */
import { errorAnswer } from '../_shared/error-answer.ts';

/** 400: no action that we know. */
export function malformedAnswer(): Response {
  return errorAnswer(400, {
    code: 'request_malformed',
    message: 'The request is not one of the three actions.',
    hint: 'Send {"action": "join", "stream_id": "<uuid>"}, or "beat" or "leave" with "viewer_token".',
  });
}

/** 401: the token was not given by join, or it is more than a day old. */
export function tokenAnswer(): Response {
  return errorAnswer(401, {
    code: 'viewer_token_invalid',
    message: 'The viewer token is not valid, or has expired.',
    hint: 'Join again for a new one.',
  });
}

/** 429 with how long to wait. */
export function limitAnswer(waitMs: number): Response {
  const seconds = Math.max(Math.ceil(waitMs / 1000), 1);
  const answer = errorAnswer(429, {
    code: 'too_many_requests',
    message: `Too many requests: try again in ${seconds} s.`,
    hint: 'Beat every heartbeat_seconds, as join says.',
  });
  answer.headers.set('retry-after', String(seconds));
  return answer;
}
