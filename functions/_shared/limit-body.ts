import { errorAnswer } from './error-answer.ts';

type Fetch = (request: Request) => Promise<Response>;

/** Reads at most `maxBytes` of a body; null when there is more. */
async function readAtMost(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  for await (const chunk of body) {
    if (length + chunk.length > maxBytes) return null;
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.slice(0, length);
}

/** Whether a server reads just as many bytes as the request declares, and those are few enough. */
function declaresAtMost(maxBytes: number, { headers }: Request): boolean {
  const declared = headers.get('content-length');
  return declared !== null && Number(declared) <= maxBytes && !headers.has('transfer-encoding');
}

async function withBody(request: Request, maxBytes: number): Promise<Request | null> {
  if (!request.body || declaresAtMost(maxBytes, request)) return request;
  const body = await readAtMost(request.body, maxBytes);
  const { url, method, headers } = request;
  return body && new Request(url, { method, headers, body });
}

/**
 * Wraps a function's handler so that a request body of more than `maxBytes` is answered
 * `body_too_large` * before anything else looks at it. Outermost, because `withSupabase` buffers whole bodies.
 */
export function limitBody(maxBytes: number, handler: Fetch): Fetch {
  return async (request) => {
    const limited = await withBody(request, maxBytes);
    if (limited) return await handler(limited);
    return errorAnswer('body_too_large', `The request body is larger than ${maxBytes} bytes.`);
  };
}
