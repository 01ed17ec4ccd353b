/**
 * The client's address as the gateway in front saw it. The headers are the gateway's own: it drops
 * those that a client sends. The same order as `private.client_ip` in the database.
 */
export function clientAddress({ headers }: Request): string {
  const seen =
    headers.get('cf-connecting-ip') ?? headers.get('x-real-ip') ?? headers.get('x-forwarded-for');
  return seen?.split(',', 1)[0]?.trim() || 'unknown';
}
