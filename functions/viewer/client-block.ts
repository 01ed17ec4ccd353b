import { addressBlock } from '../_shared/address-block.ts';

/**
 * Who a limit per address counts as one: the client's address as the gateway in front saw it, or its
 * /64. The headers are the gateway's own: it drops those that a client sends. The same order as
 * `private.client_ip` in the database.
 */
export function clientBlock({ headers }: Request): string {
  const seen =
    headers.get('cf-connecting-ip') ?? headers.get('x-real-ip') ?? headers.get('x-forwarded-for');
  return addressBlock(seen?.split(',', 1)[0]?.trim() || 'unknown');
}
