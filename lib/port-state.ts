/** Whether a port of this machine can be listened on. */
import { createServer } from 'node:net';
import { HOST } from './host.ts';

export type PortState = 'free' | 'taken' | 'forbidden';

/** Tries to listen on the port of the loopback interface, for a moment. */
export function tryPort(port: number): Promise<PortState> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (error.code === 'EACCES') resolve('forbidden');
      else reject(error);
    });
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

/** Whether nothing listens on the port of the loopback interface. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryPort(port)) === 'free';
}
