import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebReadableStream } from 'node:stream/web';
import { fileTooLarge } from './body-refusals.ts';
import { requestContext } from './request-context.ts';
import { RequestRefused } from './request-refused.ts';
import { storedPath } from './stored-path.ts';
import type { UploadLimits } from './upload-limits.ts';

interface FileMetadata {
  cacheControl: string;
  contentLength: number;
  size: number;
  mimetype: string;
  lastModified: Date;
  eTag: string;
}

type Body = Uint8Array | ReadableStream;
type Sidecar = Pick<FileMetadata, 'mimetype' | 'cacheControl' | 'eTag'>;

const SIDECAR = '.meta';

function asStream(body: Body): Readable {
  return body instanceof Uint8Array
    ? Readable.from([body])
    : Readable.fromWeb(body as WebReadableStream);
}

/** Passes a file on, into its digest as well, up to so many bytes. */
function inspectChunks(hash: Hash, maxBytes: number): Transform {
  let received = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maxBytes) return done(new RequestRefused(413, fileTooLarge(maxBytes)));
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** The bytes `[start, end]` that a `Range` header asks of a file, or undefined for all of them. */
function requestedRange(size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(requestContext()?.headers.range ?? '');
  if (!match || (match[1] === '' && match[2] === '') || size === 0) return undefined;
  const [from, to] = [match[1], match[2]];
  const start = from ? Number(from) : Math.max(0, size - Number(to));
  const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
  return start <= end && start < size ? { start, end } : undefined;
}

/** Supabase Storage's files in a folder: each object is a file beside a small file of metadata. */
export class StorageFiles {
  readonly driver = null;
  readonly #root: string;
  readonly #limits: UploadLimits;

  constructor(folder: string, limits: UploadLimits) {
    this.#root = resolve(folder);
    this.#limits = limits;
  }

  #path(bucket: string, key: string): string {
    return storedPath(this.#root, bucket, key);
  }

  async #metadata(path: string): Promise<FileMetadata> {
    const [{ size, mtime }, sidecar] = await Promise.all([
      stat(path),
      readFile(path + SIDECAR, 'utf8').then((text) => JSON.parse(text) as Sidecar),
    ]);
    return { ...sidecar, size, contentLength: size, lastModified: mtime };
  }

  /** The file as a stream, or the part of it that the request's `Range` header asks for. */
  async getObject(bucket: string, key: string) {
    const path = this.#path(bucket, key);
    const metadata = await this.#metadata(path);
    const range = requestedRange(metadata.size);
    const context = requestContext();
    if (range && context) {
      context.contentRange = `bytes ${range.start}-${range.end}/${metadata.size}`;
      metadata.contentLength = range.end - range.start + 1;
    }
    const body = Readable.toWeb(createReadStream(path, range)) as ReadableStream;
    return { httpStatusCode: 200, metadata, body };
  }

  /** Writes a draft that takes the object's place when it is complete. */
  async uploadObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    body: Body,
    mimetype: string,
    cacheControl: string,
  ): Promise<FileMetadata> {
    const path = this.#path(bucket, key);
    const draft = join(this.#root, `.upload-${randomUUID()}`);
    await mkdir(dirname(path), { recursive: true });
    try {
      const hash = createHash('md5');
      const inspect = inspectChunks(hash, await this.#limits(bucket));
      await pipeline(asStream(body), inspect, createWriteStream(draft, { mode: 0o600 }));
      const sidecar: Sidecar = { mimetype, cacheControl, eTag: `"${hash.digest('hex')}"` };
      await writeFile(draft + SIDECAR, JSON.stringify(sidecar), { mode: 0o600 });
      await rename(draft, path);
      await rename(draft + SIDECAR, path + SIDECAR);
    } finally {
      await Promise.all([draft, draft + SIDECAR].map((file) => rm(file, { force: true })));
    }
    return this.#metadata(path);
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    const path = this.#path(bucket, key);
    await Promise.all([path, path + SIDECAR].map((file) => rm(file, { force: true })));
  }

  async deleteObjects(bucket: string, keys: string[]): Promise<void> {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  async copyObject(
    bucket: string,
    key: string,
    _version: string | undefined,
    toBucket: string,
    toKey: string,
  ) {
    const [from, to] = [this.#path(bucket, key), this.#path(toBucket, toKey)];
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from + SIDECAR, to + SIDECAR);
    await copyFile(from, to);
    const { eTag, lastModified } = await this.#metadata(to);
    return { httpStatusCode: 200, eTag, lastModified };
  }

  async headObject(bucket: string, key: string): Promise<FileMetadata> {
    return this.#metadata(this.#path(bucket, key));
  }

  async privateAssetUrl(bucket: string, key: string): Promise<string> {
    return `file://${this.#path(bucket, key)}`;
  }
}
