import type { Refusal } from './answer.ts';
import { BodyBudget } from './body-budget.ts';
import {
  BODY_TOO_SLOW,
  bodyTooLarge,
  fileTooLarge,
  JSON_TOO_DEEP,
  TOO_MANY_BODIES,
} from './body-refusals.ts';
import type { BodySender, BodySenders } from './body-senders.ts';
import { hasBody, IncomingBody } from './incoming-body.ts';
import { checkInput } from './input.ts';
import { JsonDepth } from './json-depth.ts';
import { requestContext } from './request-context.ts';
import { RequestRefused } from './request-refused.ts';
import { isUpload, openUpload } from './storage-upload.ts';

/** What Auth and Storage's own commands take: a few fields. */
const MAX_COMMAND_BYTES = 1024 * 1024;
/** What the parts of a form around its file may come to. */
const MAX_FORM_BYTES = 64 * 1024;
const ARRIVES_WITHIN_MS = 60_000;
/** So many of the largest bodies may be in memory at once. */
const LARGEST_AT_ONCE = 4;

/** What a body may have, and the refusal of one that has more. */
interface Limit {
  readonly bytes: number;
  readonly refusal: Refusal;
}

/** A request that lite may read, and what ends its hold on memory and connection. */
export interface ReadRequest {
  readonly request: Request;
  release(): Promise<void>;
}

function declaredLength(request: Request): number {
  return Number(request.headers.get('content-length') ?? 0);
}

function withBody(request: Request, body: Buffer<ArrayBuffer> | null): Request {
  const headers = new Headers(request.headers);
  headers.delete('transfer-encoding');
  if (!body) headers.delete('content-length');
  return new Request(request.url, { method: request.method, headers, body });
}

/**
 * Reads the bodies of requests before lite does, which would take any length from anybody: key and
 * length are looked at first, what is read is bounded for each sender and in all, and JSON in depth.
 * A file is handed on as a stream.
 */
export class RequestBodies {
  readonly #senders: BodySenders;
  readonly #maxBytes: number;
  readonly #maxFileBytes: number;
  readonly #clients: BodyBudget;
  /** Of its own, so that functions and hooks are served whatever clients send. */
  readonly #services: BodyBudget;

  /**
   * @param maxBytes of one body that is not a file
   * @param maxFileBytes the project's limit of a file
   */
  constructor(senders: BodySenders, maxBytes: number, maxFileBytes: number) {
    this.#senders = senders;
    this.#maxBytes = maxBytes;
    this.#maxFileBytes = maxFileBytes;
    this.#clients = new BodyBudget(LARGEST_AT_ONCE * maxBytes, maxBytes);
    this.#services = new BodyBudget(LARGEST_AT_ONCE * maxBytes, LARGEST_AT_ONCE * maxBytes);
  }

  /**
   * The request with a body that may be parsed. Without its body when it is from nobody: lite then
   * says what is wrong with the key.
   *
   * @throws RequestRefused when the body is too large, too deep, too slow or one too many
   */
  async read(request: Request): Promise<ReadRequest> {
    if (!hasBody(request)) return { request, release: async () => {} };
    const sender = await this.#senders.of(request);
    if (sender === 'refused' || !request.body) {
      return { request: withBody(request, null), release: async () => {} };
    }
    const limit = this.#limit(request);
    if (declaredLength(request) > limit.bytes) throw new RequestRefused(413, limit.refusal);
    const body = new IncomingBody(request.body);
    try {
      if (!isUpload(request)) return await this.#readWhole(request, body, limit, sender);
      return { request: await openUpload(request, body), release: () => body.discard() };
    } catch (error) {
      await body.discard();
      throw error;
    }
  }

  #limit(request: Request): Limit {
    if (isUpload(request)) {
      const refusal = fileTooLarge(this.#maxFileBytes);
      return { bytes: this.#maxFileBytes + MAX_FORM_BYTES, refusal };
    }
    const isData = new URL(request.url).pathname.startsWith('/rest/');
    const bytes = isData ? this.#maxBytes : Math.min(MAX_COMMAND_BYTES, this.#maxBytes);
    return { bytes, refusal: bodyTooLarge(bytes) };
  }

  async #readWhole(
    request: Request,
    body: IncomingBody,
    limit: Limit,
    sender: BodySender,
  ): Promise<ReadRequest> {
    const budget = sender === 'service' ? this.#services : this.#clients;
    const address = requestContext()?.caller.block ?? '';
    let taken = 0;
    const release = async () => budget.release(address, taken);
    const take = (bytes: number) => {
      if (taken + bytes > limit.bytes) throw new RequestRefused(413, limit.refusal);
      if (!budget.take(address, bytes)) throw new RequestRefused(429, TOO_MANY_BODIES);
      taken += bytes;
    };
    try {
      const whole = await collect(body, take);
      await checkInput(request, whole);
      return { request: withBody(request, whole), release };
    } catch (error) {
      await release();
      throw error;
    }
  }
}

/** Reads a body to its end; `take` is asked before each part of it is kept. */
async function collect(
  body: IncomingBody,
  take: (bytes: number) => void,
): Promise<Buffer<ArrayBuffer>> {
  const depth = new JsonDepth();
  const parts: Uint8Array[] = [];
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    body.cancel();
  }, ARRIVES_WITHIN_MS);
  try {
    for await (const part of body.rest()) {
      take(part.byteLength);
      if (!depth.accepts(part)) throw new RequestRefused(400, JSON_TOO_DEEP);
      parts.push(part);
    }
  } finally {
    clearTimeout(timer);
  }
  if (late.signal.aborted) throw new RequestRefused(408, BODY_TOO_SLOW);
  return Buffer.concat(parts);
}
