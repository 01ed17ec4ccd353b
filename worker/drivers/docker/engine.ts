/** The Docker Engine's HTTP API, as far as containers of ours need it. */
import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import type { EngineAddress } from './engine-address.ts';

const CALL_TIMEOUT_MS = 30_000;

/** What the Engine refused, in its own words. */
export class EngineError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`the Docker Engine answered ${status}: ${message}`);
    this.status = status;
  }
}

export interface ContainerState {
  readonly State: {
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
  };
}

export interface ContainerSummary {
  readonly Id: string;
}

interface CallOptions {
  readonly body?: unknown;
  /** Aborted when the answer is of no interest any more. */
  readonly signal?: AbortSignal;
}

export class Engine {
  readonly #address: EngineAddress;
  #prefix = '';

  constructor(address: EngineAddress) {
    this.#address = address;
  }

  /** Finds out which version of the API the Engine speaks; to be called before anything else. */
  async connect(): Promise<void> {
    const { headers } = await this.#answer('GET', '/_ping', {
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const version = String(headers['api-version'] ?? '');
    if (/^\d+\.\d+$/.test(version)) this.#prefix = `/v${version}`;
  }

  /** The gateway of Docker's own bridge: where its containers find this machine. Null where there is none. */
  async bridgeGateway(): Promise<string | null> {
    const network = await this.#call<{ IPAM?: { Config?: { Gateway?: string }[] } }>(
      'GET',
      '/networks/bridge',
    ).catch(() => null);
    return network?.IPAM?.Config?.[0]?.Gateway ?? null;
  }

  /** @throws EngineError with status 404 when the Engine does not have the image */
  async inspectImage(image: string): Promise<void> {
    await this.#call('GET', `/images/${image.split('/').map(encodeURIComponent).join('/')}/json`);
  }

  /** Creates a container; returns its id. */
  async create(name: string, body: unknown): Promise<string> {
    const path = `/containers/create?name=${encodeURIComponent(name)}`;
    return (await this.#call<ContainerSummary>('POST', path, { body })).Id;
  }

  /** The container's output from now on, multiplexed; to be called before its start. */
  async attach(id: string): Promise<IncomingMessage> {
    return await this.#answer('POST', `/containers/${id}/attach?stream=1&stdout=1&stderr=1`);
  }

  async start(id: string): Promise<void> {
    await this.#call('POST', `/containers/${id}/start`);
  }

  /** Waits for the container's end; returns its exit code. */
  async wait(id: string): Promise<number> {
    const answer = await this.#answer('POST', `/containers/${id}/wait?condition=not-running`);
    return ((await json(answer)) as { StatusCode: number }).StatusCode;
  }

  /** Sends the container's stop signal, and kills it after so many seconds. */
  async stop(id: string, seconds: number): Promise<void> {
    await this.#call('POST', `/containers/${id}/stop?t=${seconds}`);
  }

  async kill(id: string): Promise<void> {
    await this.#call('POST', `/containers/${id}/kill?signal=SIGKILL`);
  }

  async inspect(id: string): Promise<ContainerState> {
    return await this.#call<ContainerState>('GET', `/containers/${id}/json`);
  }

  /** Containers with these labels (`name=value`), running or not. */
  async list(labels: readonly string[]): Promise<readonly ContainerSummary[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: labels }));
    return await this.#call('GET', `/containers/json?all=1&filters=${filters}`);
  }

  /** Removes a container, killing it if need be. */
  async remove(id: string): Promise<void> {
    await this.#call('DELETE', `/containers/${id}?force=1&v=1`);
  }

  async #call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const answer = await this.#answer(method, path, { ...options, signal });
    if (answer.statusCode === 204 || answer.statusCode === 304) {
      answer.resume();
      return undefined as T;
    }
    return (await json(answer)) as T;
  }

  async #answer(
    method: string,
    path: string,
    { body, signal }: CallOptions = {},
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = this.#request({
      method,
      path: this.#prefix + path,
      agent: false,
      signal,
      headers: {
        ...(text && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
      },
    });
    request.end(text);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    request.on('error', () => {}); // shows in the answer, which is cut
    const status = answer.statusCode ?? 0;
    if (status < 400) return answer;
    const { message = 'no reason given' } = Object(await json(answer).catch(() => null));
    throw new EngineError(status, String(message));
  }

  #request(options: Parameters<typeof requestHttp>[1] & object) {
    const address = this.#address;
    if ('socketPath' in address) return requestHttp({ ...options, socketPath: address.socketPath });
    const { host, port, tls } = address;
    return tls
      ? requestHttps({ ...options, ...tls, host, port })
      : requestHttp({ ...options, host, port });
  }
}
