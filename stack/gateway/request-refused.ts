import type { Refusal } from './answer.ts';
import { requestContext } from './request-context.ts';

/**
 * Thrown where the gateway refuses a request. lite may catch it and answer in its own words, so the
 * request's context remembers it, and it is the answer.
 */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
  readonly status: number;
  readonly refusal: Refusal;

  constructor(status: number, refusal: Refusal) {
    super(refusal.message);
    this.status = status;
    this.refusal = { details: refusal.code, ...refusal };
    const context = requestContext();
    if (context) context.refused ??= this;
  }
}
