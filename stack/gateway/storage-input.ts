import * as v from 'valibot';
import { RequestRefused } from './request-refused.ts';

/** What lite puts into a statement as it comes. */
const ListInput = v.looseObject({
  sortBy: v.optional(
    v.looseObject({
      column: v.optional(v.pipe(v.string(), v.regex(/^[a-z_]+$/))),
      order: v.optional(v.picklist(['asc', 'desc'])),
    }),
  ),
});

/**
 * Refuses an order of a list that is none.
 * @param input what the body says
 * @throws RequestRefused naming the field
 */
export function checkStorageInput(input: unknown): void {
  if (typeof input !== 'object' || input === null || v.is(ListInput, input)) return;
  throw new RequestRefused(400, {
    code: 'invalid_request',
    message: 'sortBy has no column and order of a list.',
    hint: 'Send for example {"sortBy": {"column": "name", "order": "asc"}}.',
  });
}
