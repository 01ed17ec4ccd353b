/**
 * A kept-alive HTTP connection that posts one request after another and looks at the status alone, so
 * that two cores are the server's.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';

function encode({ path, headers, body }: Post, host: string): string {
  const lines = Object.entries({
    host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...lines].join('\r\n') + HEAD_END + body;
}

/** Whether an answer is all there: what its head says of its length, or its last chunk. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf(HEAD_END);
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head))?.[1];
  return length === undefined
    ? answer.endsWith(`\r\n0${HEAD_END}`)
    : answer.length >= head + HEAD_END.length + Number(length);
}

export class HttpLane {
  readonly #socket: Socket;
  readonly #host: string;
  #answer = '';
  #settle: (failure?: Error) => void = () => {};

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#answer += text;
      if (isWhole(this.#answer)) this.#settle();
    });
    socket.on('error', (error) => this.#settle(error));
    socket.on('close', () => this.#settle(new Error('The server closed the connection.')));
  }

  static async open(url: string): Promise<HttpLane> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new HttpLane(socket, host);
  }

  /** Posts, and waits for the answer. Throws whatever is not 200. */
  async post(post: Post): Promise<void> {
    this.#answer = '';
    const answered = new Promise<void>((resolve, reject) => {
      this.#settle = (failure) => (failure ? reject(failure) : resolve());
    });
    this.#socket.write(encode(post, this.#host));
    await answered;
    if (!this.#answer.startsWith('HTTP/1.1 200 '))
      throw new Error(`${post.path} answered ${this.#answer}`);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }
}
