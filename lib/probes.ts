/** One question to each kind of service that only a working one answers. None of them rejects. */
import { connect } from 'node:net';

const PATIENCE_MS = 2_000;

/** The status with which an HTTP service answers at this address; null when it does not. */
async function httpStatus(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}

/** Whether an HTTP service answers 200 at this address. */
export async function answersOk(url: string): Promise<boolean> {
  return (await httpStatus(url)) === 200;
}

/** Whether an HTTP service answers anything at all; for one that has no page to say how it is. */
export async function answersHttp(url: string): Promise<boolean> {
  return (await httpStatus(url)) !== null;
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

/** Whether something says anything at all when it is sent this. */
export function answersBytes(host: string, port: number, question: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(PATIENCE_MS, () => finish(false));
    socket.once('connect', () => socket.write(question));
    socket.once('data', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('end', () => finish(false));
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

/** What the probe says; false when it takes too long to say anything. */
export async function inTime(probe: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, 2 * PATIENCE_MS, false);
  });
  try {
    return await Promise.race([probe(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
