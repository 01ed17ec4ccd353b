/** A TCP port of this machine that nothing listens on now. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Asks the system for a free port on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}
