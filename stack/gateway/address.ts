import type { Refusal } from './answer.ts';

/** 400: an address that no service can read. */
export const MALFORMED_ADDRESS: Refusal = {
  code: 'malformed_address',
  message: 'The address is not encoded as an address should be, or holds a NUL.',
  details: 'malformed_address',
  hint: 'Encode each part of the path and each value with encodeURIComponent.',
};

/** Whether the path decodes to UTF-8, and nothing in the address to a NUL, which Postgres cannot keep. */
export function isReadableAddress(address: string): boolean {
  try {
    decodeURIComponent(address.split('?', 1)[0] ?? '');
    return !address.includes('%00');
  } catch {
    return false;
  }
}
