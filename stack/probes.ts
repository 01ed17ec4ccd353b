/** One question to each kind of service that only a working one answers. None of them rejects. */
import { connect } from 'node:net';

const PATIENCE_MS = 2_000;

/** Whether an HTTP service answers 2xx at this address. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether something accepts connections on this port. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (accepts: boolean) => {
      socket.destroy();
      resolve(accepts);
    };
    socket.setTimeout(PATIENCE_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

/** Whether the Redis at this URL, with the password in it, answers PING and has loaded its data. */
export async function answersPing(url: string): Promise<boolean> {
  const { createClient } = await import('redis');
  const client = createClient({
    url,
    socket: { connectTimeout: PATIENCE_MS, reconnectStrategy: false },
    commandOptions: { timeout: PATIENCE_MS },
  });
  client.on('error', () => {}); // told by the result
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
