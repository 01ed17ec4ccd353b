/**
 * Stands in for a Docker Engine where there is none: a server on a unix socket that answers as the
 * documentation of the Engine's API says (versions 1.41 to 1.5x, the calls that the worker makes), and
 * runs what a container would run as a process of this machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

/** As `POST /containers/create` takes it. */
export interface CreateBody {
  readonly Image: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly User: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: NodeJS.Signals;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

interface Container {
  readonly id: string;
  readonly name: string;
  readonly body: CreateBody;
  process: ChildProcess | null;
  exitCode: number | null;
  attached: ServerResponse | null;
  /** Called at its end. */
  readonly waiting: ((exitCode: number) => void)[];
}

/** A frame of the multiplexed stream. */
export function frame(stream: 1 | 2, text: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, text]);
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'api-version': '1.47' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export class EngineDouble {
  readonly #folder = mkdtempSync(join(tmpdir(), 'streambed-engine-'));
  readonly #program: string;
  readonly #server: Server;
  readonly containers = new Map<string, Container>();
  /** Bodies of the containers that were ever created. */
  readonly created: CreateBody[] = [];
  /** Calls, `METHOD /path`. */
  readonly calls: string[] = [];

  /** @param program stands for the `ffmpeg` of the image */
  constructor(program: string) {
    this.#program = program;
    this.#server = createServer((request, response) => void this.#route(request, response));
  }

  async start(): Promise<void> {
    this.#server.listen(join(this.#folder, 'docker.sock'));
    await once(this.#server, 'listening');
  }

  /** For `DOCKER_HOST`. */
  get host(): string {
    return `unix://${join(this.#folder, 'docker.sock')}`;
  }

  stop(): void {
    for (const { process } of this.containers.values()) process?.kill('SIGKILL');
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://docker');
    this.calls.push(`${request.method} ${pathname}`);
    if (pathname === '/_ping') return answer(response, 200);
    const path = /^\/v1\.47(\/.*)$/.exec(decodeURIComponent(pathname))?.[1];
    if (!path) return answer(response, 400, { message: 'client version is not supported' });
    if (path === '/networks/bridge') return answer(response, 200, { IPAM: { Config: [] } });
    if (path.startsWith('/images/')) return this.#image(path, response);
    if (path === '/containers/json') return this.#list(searchParams, response);
    if (path === '/containers/create') {
      return this.#create((await json(request)) as CreateBody, searchParams, response);
    }
    const [, id = '', action = ''] = /^\/containers\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const container = this.containers.get(id);
    if (!container) return answer(response, 404, { message: `No such container: ${id}` });
    this.#act(container, request.method === 'DELETE' ? 'remove' : action, response);
  }

  #image(path: string, response: ServerResponse): void {
    const isKnown = path === '/images/ffmpeg:test/json';
    if (isKnown) answer(response, 200, { Id: 'sha256:0' });
    else answer(response, 404, { message: 'No such image' });
  }

  #list(parameters: URLSearchParams, response: ServerResponse): void {
    const { label = [] } = JSON.parse(parameters.get('filters') ?? '{}') as { label?: string[] };
    const found = [...this.containers.values()].filter(({ body }) =>
      label.every((one) => Object.entries(body.Labels).some((pair) => pair.join('=') === one)),
    );
    answer(
      response,
      200,
      found.map(({ id, body }) => ({ Id: id, Labels: body.Labels })),
    );
  }

  #create(body: CreateBody, parameters: URLSearchParams, response: ServerResponse): void {
    const id = randomBytes(32).toString('hex');
    const name = parameters.get('name') ?? '';
    this.created.push(body);
    this.containers.set(id, {
      ...{ id, name, body, process: null, exitCode: null, attached: null, waiting: [] },
    });
    answer(response, 201, { Id: id, Warnings: [] });
  }

  #act(container: Container, action: string, response: ServerResponse): void {
    const isRunning = container.process !== null && container.exitCode === null;
    if (action === 'attach') {
      response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' });
      response.flushHeaders();
      container.attached = response;
    } else if (action === 'start') {
      this.#run(container);
      answer(response, 204);
    } else if (action === 'wait') {
      const tell = (exitCode: number) => answer(response, 200, { StatusCode: exitCode });
      if (container.exitCode === null) container.waiting.push(tell);
      else tell(container.exitCode);
    } else if (action === 'stop' || action === 'kill') {
      const signal = action === 'stop' ? container.body.StopSignal : 'SIGKILL';
      if (isRunning) container.process?.kill(signal);
      answer(response, isRunning ? 204 : action === 'stop' ? 304 : 409);
    } else if (action === 'json') {
      answer(response, 200, {
        State: { ExitCode: container.exitCode ?? 0, OOMKilled: false, Error: '' },
      });
    } else if (action === 'remove') {
      container.process?.kill('SIGKILL');
      this.containers.delete(container.id);
      answer(response, 204);
    } else {
      answer(response, 404, { message: 'page not found' });
    }
  }

  #run(container: Container): void {
    const { body, waiting } = container;
    const child = spawn(this.#program, body.Cmd, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
    container.process = child;
    child.stdout.on('data', (text) => container.attached?.write(frame(1, text)));
    child.stderr.on('data', (text) => container.attached?.write(frame(2, text)));
    child.on('close', (code, signal) => {
      container.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 130);
      container.attached?.end();
      for (const tell of waiting) tell(container.exitCode);
    });
  }
}
