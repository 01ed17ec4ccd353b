/** Frames as `@supabase/realtime-js` writes and reads them: text in two versions, and binary broadcasts. */

import { parseBoundedJson } from '../../lib/bounded-json.ts';

export type Version = '1.0.0' | '2.0.0';

export interface Frame {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
}

/** A broadcast's own content, which is passed on without being looked at. */
export interface Broadcast {
  readonly event: string;
  /** JSON text, or bytes. */
  readonly body: string | Buffer;
  /** Of a message that the database sent. */
  readonly meta?: { readonly id: string; readonly replayed?: true };
}

const PUSH_KIND = 3;
const BROADCAST_KIND = 4;
const PUSH_HEADER_BYTES = 7;
const JSON_ENCODING = 1;
const MAX_PART_BYTES = 255;

const isRef = (value: unknown) =>
  value === null || (typeof value === 'string' && value.length <= MAX_PART_BYTES);

function asFrame(parts: readonly unknown[]): Frame {
  const [joinRef = null, ref = null, topic, event, payload] = parts;
  if (!isRef(joinRef) || !isRef(ref) || typeof topic !== 'string' || typeof event !== 'string') {
    throw new Error('a frame is not [join_ref, ref, topic, event, payload]');
  }
  return { joinRef, ref, topic, event, payload } as Frame;
}

function decodeText(text: string, version: Version): Frame {
  const parsed = parseBoundedJson(text);
  if (version === '2.0.0') {
    if (!Array.isArray(parsed)) throw new Error('a frame of version 2.0.0 is an array');
    return asFrame(parsed);
  }
  if (typeof parsed !== 'object' || parsed === null) throw new Error('a frame is an object');
  const { join_ref, ref, topic, event, payload } = parsed as Record<string, unknown>;
  return asFrame([join_ref, ref, topic, event, payload]);
}

/** The only binary frame that clients send: a broadcast, its parts behind a header of their lengths. */
function decodePush(data: Buffer): Frame {
  if (data.length < PUSH_HEADER_BYTES || data[0] !== PUSH_KIND) {
    throw new Error('a binary frame is no broadcast');
  }
  let offset = PUSH_HEADER_BYTES;
  const lengths = [...data.subarray(1, 6)];
  const parts = lengths.map((length) => {
    offset += length;
    return data.toString('utf8', offset - length, offset);
  });
  if (offset > data.length) throw new Error('a binary frame is shorter than it says');
  const [joinRef, ref, topic, event] = parts as [string, string, string, string];
  const rest = data.subarray(offset);
  const body = data[6] === JSON_ENCODING ? rest.toString('utf8') : rest;
  if (typeof body === 'string') parseBoundedJson(body);
  const payload: Broadcast = { event, body };
  return { joinRef: joinRef || null, ref: ref || null, topic, event: 'broadcast', payload };
}

/** @throws NestedTooDeep, or another Error for anything that is no frame */
export function decodeFrame(data: Buffer, isBinary: boolean, version: Version): Frame {
  return isBinary ? decodePush(data) : decodeText(data.toString('utf8'), version);
}

/** The text of a frame whose payload is JSON text already. */
export function textFrame(
  { joinRef, ref, topic, event }: Omit<Frame, 'payload'>,
  json: string,
  v: Version,
) {
  const [j, r, t, e] = [joinRef, ref, topic, event].map((part) => JSON.stringify(part));
  if (v === '2.0.0') return `[${j},${r},${t},${e},${json}]`;
  return `{"join_ref":${j},"ref":${r},"topic":${t},"event":${e},"payload":${json}}`;
}

export function encodeFrame(frame: Frame, version: Version): string {
  return textFrame(frame, JSON.stringify(frame.payload ?? {}), version);
}

function binaryBroadcast(topic: string, { event, body, meta }: Broadcast): Buffer | null {
  const parts = [topic, event, meta ? JSON.stringify(meta) : ''].map((part) => Buffer.from(part));
  if (parts.some(({ length }) => length > MAX_PART_BYTES)) return null;
  const encoding = typeof body === 'string' ? JSON_ENCODING : 0;
  const header = Buffer.from([BROADCAST_KIND, ...parts.map(({ length }) => length), encoding]);
  return Buffer.concat([header, ...parts, Buffer.from(body as string)]);
}

/**
 * A broadcast as it is sent to a channel's members; null when the version cannot say it: bytes in
 * version 1.0.0, or under a name of more than 255 bytes.
 */
export function encodeBroadcast(
  topic: string,
  broadcast: Broadcast,
  version: Version,
): string | Buffer | null {
  const binary = version === '2.0.0' ? binaryBroadcast(topic, broadcast) : null;
  if (binary) return binary;
  const { event, body, meta } = broadcast;
  if (typeof body !== 'string') return null;
  const more = meta ? `,"meta":${JSON.stringify(meta)}` : '';
  const json = `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${body}${more}}`;
  return textFrame({ joinRef: null, ref: null, topic, event: 'broadcast' }, json, version);
}
