import { Readable } from 'node:stream';
import { openFormFile } from './form-file.ts';
import type { IncomingBody } from './incoming-body.ts';

const UPLOAD: Readonly<Record<string, RegExp>> = {
  POST: /^\/storage\/v1\/object\/(?!(?:list|sign|upload)\/|move$|copy$)[^/]+\/./,
  PUT: /^\/storage\/v1\/object\/./,
};

/** Whether a request sends a file to Storage. */
export function isUpload(request: Request): boolean {
  return UPLOAD[request.method]?.test(new URL(request.url).pathname) ?? false;
}

function withStream(
  request: Request,
  headers: Headers,
  parts: AsyncGenerator<Uint8Array>,
): Request {
  const body = Readable.toWeb(Readable.from(parts, { objectMode: false })) as ReadableStream;
  const init = { method: request.method, headers, body, duplex: 'half' }; // which the types do not know
  return new Request(request.url, init);
}

/**
 * The request with its file as a stream. storage-js sends a file as a form whose field has no name;
 * Supabase takes any name, lite only `file`, and all of it at once. The file alone is what both take.
 *
 * @throws RequestRefused when the form is none or has no file
 */
export async function openUpload(request: Request, body: IncomingBody): Promise<Request> {
  const contentType = request.headers.get('content-type') ?? '';
  const headers = new Headers(request.headers);
  if (!/^multipart\/form-data/i.test(contentType)) return withStream(request, headers, body.rest());
  const { fields, type, content } = await openFormFile(body.rest(), contentType);
  headers.set('content-type', type || 'application/octet-stream');
  headers.delete('content-length');
  const cacheControl = fields.get('cacheControl');
  if (cacheControl) headers.set('cache-control', `max-age=${cacheControl}`);
  return withStream(request, headers, content);
}
