/** Where ffmpeg reads from: a port of the worker's own that fetches the real source, and nothing else. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Guard } from '../guard/guard.ts';
import { Refused } from '../guard/refused.ts';
import { fetchSource, type Source } from './fetch-source.ts';
import type { RelayPlace } from './target-relay.ts';

const PASSED_BACK = ['content-length', 'content-range', 'accept-ranges'] as const;
const GOOD = [200, 206, 416];
/** How long a source may send nothing while ffmpeg waits for it. */
const STALL_MS = 30_000;

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const entries = PASSED_BACK.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

export class SourceRelay {
  readonly #source: Source;
  readonly #guard: Guard;
  readonly #server: Server;
  readonly #path = `/${randomBytes(18).toString('base64url')}`;
  readonly #closed = new AbortController();
  #failure: string | null = null;

  constructor(source: Source, guard: Guard) {
    this.#source = source;
    this.#guard = guard;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Starts to listen; returns the URL for ffmpeg. */
  async listen({ bind, host }: RelayPlace): Promise<string> {
    this.#server.listen(0, bind);
    await once(this.#server, 'listening');
    return `http://${host}:${(this.#server.address() as AddressInfo).port}${this.#path}`;
  }

  /** Why the source could not be read, for people; null when it could. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Cuts every connection and stops to listen. */
  close(): void {
    this.#closed.abort();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url } = request;
    if (url !== this.#path || !['GET', 'HEAD'].includes(method)) {
      response.writeHead(404).end();
      return;
    }
    try {
      await this.#pass(method, request.headers.range, response);
    } catch (error) {
      if (error instanceof Refused) this.#failure = error.message;
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    }
  }

  async #pass(method: string, range: string | undefined, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([this.#closed.signal, gone.signal]);
    const answer = await fetchSource(this.#source, this.#guard, { method, range, signal });
    const status = answer.statusCode ?? 0;
    if (!GOOD.includes(status)) {
      answer.destroy();
      throw new Refused(`The source answered ${status}.`);
    }
    this.#failure = null;
    answer.socket.setTimeout(STALL_MS, () => {
      if (!response.writableNeedDrain) answer.destroy();
    });
    response.writeHead(status, headersOf(answer));
    await pipeline(answer, response);
  }
}
