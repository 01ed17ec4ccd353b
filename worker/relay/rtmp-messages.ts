/** RTMP's chunk stream, as far as a relay needs it: chunks to whole messages, and back. */

/** Message types. */
export const SET_CHUNK_SIZE = 1;
export const ABORT = 2;
export const LAST_CONTROL_TYPE = 6;
export const AUDIO = 8;
export const VIDEO = 9;
export const COMMAND = 20;

const HEADER_BYTES = [11, 7, 3, 0] as const;
const NO_ROOM = 0xffffff;
const FIRST_CHUNK_SIZE = 128;

export interface RtmpMessage {
  /** The chunk stream that carries it. */
  readonly channel: number;
  readonly type: number;
  readonly timestamp: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

interface Channel {
  timestamp: number;
  delta: number;
  length: number;
  type: number;
  streamId: number;
  isExtended: boolean;
  parts: Buffer[];
  received: number;
}

const newChannel = (): Channel => ({
  timestamp: 0,
  delta: 0,
  length: 0,
  type: 0,
  streamId: 0,
  isExtended: false,
  parts: [],
  received: 0,
});

function readBasicHeader(bytes: Buffer): { format: number; channel: number; end: number } | null {
  const first = bytes[0];
  if (first === undefined) return null;
  const [format, low] = [first >> 6, first & 63];
  if (low > 1) return { format, channel: low, end: 1 };
  if (bytes.length < 2 + low) return null;
  const channel = low === 0 ? 64 + bytes.readUInt8(1) : 64 + bytes.readUInt16LE(1);
  return { format, channel, end: 2 + low };
}

/** Puts the chunks of one direction together. */
export class MessageReader {
  #pending: Buffer = Buffer.alloc(0);
  #chunkSize = FIRST_CHUNK_SIZE;
  readonly #channels = new Map<number, Channel>();

  /** The messages that these bytes complete. */
  *read(bytes: Buffer): Generator<RtmpMessage> {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes;
    for (;;) {
      const chunk = this.#readChunk();
      if (!chunk) return;
      if (chunk.message) yield chunk.message;
    }
  }

  /** Takes one chunk off what is pending; null when it is not all there. */
  #readChunk(): { message: RtmpMessage | null } | null {
    const bytes = this.#pending;
    const basic = readBasicHeader(bytes);
    if (!basic) return null;
    const header = HEADER_BYTES[basic.format] as number;
    const known = this.#channels.get(basic.channel) ?? newChannel();
    let at = basic.end + header;
    if (bytes.length < at) return null;
    const field = header > 0 ? bytes.readUIntBE(basic.end, 3) : 0;
    const isExtended = header > 0 ? field === NO_ROOM : known.isExtended;
    if (isExtended && bytes.length < at + 4) return null;
    const time = isExtended ? bytes.readUInt32BE(at) : header > 0 ? field : known.delta;
    if (isExtended) at += 4;
    const length = header >= 7 ? bytes.readUIntBE(basic.end + 3, 3) : known.length;
    const size = Math.min(this.#chunkSize, length - known.received);
    if (bytes.length < at + size) return null;

    if (known.received === 0) {
      known.length = length;
      known.isExtended = isExtended;
      known.delta = time;
      known.timestamp = (basic.format === 0 ? time : known.timestamp + time) >>> 0;
      if (header >= 7) known.type = bytes.readUInt8(basic.end + 6);
      if (header === 11) known.streamId = bytes.readUInt32LE(basic.end + 7);
    }
    this.#channels.set(basic.channel, known);
    known.parts.push(bytes.subarray(at, at + size));
    known.received += size;
    this.#pending = bytes.subarray(at + size);
    if (known.received < known.length) return { message: null };
    return { message: this.#complete(basic.channel, known) };
  }

  #complete(channel: number, known: Channel): RtmpMessage {
    const payload = Buffer.concat(known.parts);
    known.parts = [];
    known.received = 0;
    if (known.type === SET_CHUNK_SIZE) this.#chunkSize = payload.readUInt32BE(0) || this.#chunkSize;
    if (known.type === ABORT) this.#forget(payload.readUInt32BE(0));
    const { type, timestamp, streamId } = known;
    return { channel, type, timestamp, streamId, payload };
  }

  #forget(channel: number): void {
    const known = this.#channels.get(channel);
    if (known) Object.assign(known, { parts: [], received: 0 });
  }
}

function basicHeader(format: number, channel: number): Buffer {
  if (channel < 64) return Buffer.from([(format << 6) | channel]);
  const rest = channel - 64;
  if (rest < 256) return Buffer.from([format << 6, rest]);
  return Buffer.from([(format << 6) | 1, rest & 255, rest >> 8]);
}

/** Cuts messages into chunks, each with a full header. */
export class MessageWriter {
  #chunkSize = FIRST_CHUNK_SIZE;

  write({ channel, type, timestamp, streamId, payload }: RtmpMessage): Buffer {
    const isExtended = timestamp >= NO_ROOM;
    const time = Buffer.alloc(isExtended ? 4 : 0);
    if (isExtended) time.writeUInt32BE(timestamp);
    const header = Buffer.alloc(11);
    header.writeUIntBE(isExtended ? NO_ROOM : timestamp, 0, 3);
    header.writeUIntBE(payload.length, 3, 3);
    header.writeUInt8(type, 6);
    header.writeUInt32LE(streamId, 7);

    const parts = [basicHeader(0, channel), header, time, payload.subarray(0, this.#chunkSize)];
    for (let at = this.#chunkSize; at < payload.length; at += this.#chunkSize) {
      parts.push(basicHeader(3, channel), time, payload.subarray(at, at + this.#chunkSize));
    }
    if (type === SET_CHUNK_SIZE) this.#chunkSize = payload.readUInt32BE(0) || this.#chunkSize;
    return Buffer.concat(parts);
  }
}
