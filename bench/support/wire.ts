/**
 * A connection that runs one prepared statement over and over and does not look at its rows, so that
 * two cores are the server's: what a full client spends on a short statement is as much as the server.
 */
import { Socket } from 'node:net';
import { Client } from 'pg';

export type Parameter = string | number | null;

const READY = 0x5a;
const ERROR = 0x45;
const HEADER = 5;

function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(HEADER);
  header.write(type);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const EXECUTE_AND_SYNC = Buffer.concat([message('E', '\0', Buffer.alloc(4)), message('S')]);

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function bind(name: string, parameters: readonly Parameter[]): Buffer {
  const parts: Buffer[] = [];
  for (const parameter of parameters) {
    const length = Buffer.alloc(4);
    const value = parameter === null ? Buffer.alloc(0) : Buffer.from(String(parameter));
    length.writeInt32BE(parameter === null ? -1 : value.length);
    parts.push(length, value);
  }
  return message('B', `\0${name}\0`, int16(0), int16(parameters.length), ...parts, int16(0));
}

/** The server's words in an ErrorResponse: its fields are a letter and a text that ends with zero. */
function errorText(body: string): string {
  const fields = new Map(body.split('\0').map((field) => [field[0], field.slice(1)]));
  return `${fields.get('C')}: ${fields.get('M')}`;
}

export class Wire {
  readonly #socket: Socket;
  readonly #prepared = new Map<string, string>();
  #pending: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #settle: ((failure?: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    for (const event of ['data', 'error', 'close']) socket.removeAllListeners(event);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#settle?.(error));
    socket.on('close', () => this.#settle?.(new Error('The server closed the connection.')));
  }

  /**
   * Connects.
   *
   * @param settings server settings of this connection
   */
  static async open(url: string, settings: Readonly<Record<string, string>> = {}): Promise<Wire> {
    const socket = new Socket();
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    const client = new Client({
      connectionString: url,
      stream: () => socket,
      options: options.join(' '),
    });
    await client.connect();
    return new Wire(socket);
  }

  /** Runs a statement, a transaction by itself; it is prepared at its first run. Throws what the server refuses. */
  async run(statement: string, parameters: readonly Parameter[]): Promise<void> {
    let name = this.#prepared.get(statement);
    const parts: Buffer[] = [];
    if (name === undefined) {
      name = `s${this.#prepared.size}`;
      this.#prepared.set(statement, name);
      parts.push(message('P', `${name}\0${statement}\0`, int16(0)));
    }
    parts.push(bind(name, parameters), EXECUTE_AND_SYNC);
    const answered = new Promise<void>((resolve, reject) => {
      this.#settle = (failure) => (failure ? reject(failure) : resolve());
    });
    this.#socket.write(Buffer.concat(parts));
    await answered;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.end(message('X'));
    await closed;
  }

  #receive(chunk: Buffer): void {
    const data = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    let at = 0;
    while (at + HEADER <= data.length) {
      const end = at + 1 + data.readInt32BE(at + 1);
      if (end > data.length) break;
      this.#handle(data[at] as number, data, at + HEADER, end);
      at = end;
    }
    this.#pending = data.subarray(at);
  }

  #handle(type: number, data: Buffer, start: number, end: number): void {
    if (type === ERROR) this.#failure = new Error(errorText(data.toString('utf8', start, end)));
    if (type !== READY) return;
    const failure = this.#failure;
    this.#failure = undefined;
    this.#settle?.(failure);
  }
}
