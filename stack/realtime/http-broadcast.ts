/** Broadcasts that come over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { NestedTooDeep, parseBoundedJson } from '../../lib/bounded-json.ts';
import type { AddressShare } from './addresses.ts';
import { writeRights } from './authorization.ts';
import type { Broadcast } from './frames.ts';
import { type Claims, Refusal } from './identity.ts';
import { MAX_FRAME_BYTES, MESSAGES_BURST, PRIVATE_TOPIC_COST } from './limits.ts';
import { urlOf } from './request-url.ts';
import type { Services } from './services.ts';

const Batch = v.object({
  messages: v.array(
    v.object({
      topic: v.pipe(v.string(), v.minLength(1)),
      event: v.pipe(v.string(), v.minLength(1)),
      payload: v.record(v.string(), v.unknown()),
      private: v.optional(v.nullable(v.boolean()), false),
    }),
  ),
});

interface Outgoing {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly broadcast: Broadcast;
}

class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function answer(response: ServerResponse, status: number, body?: object): void {
  const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };
  response.writeHead(status, headers);
  response.end(body && JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FRAME_BYTES) {
      throw new BadRequest(413, `A request is at most ${MAX_FRAME_BYTES} bytes long.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return parseBoundedJson(body.toString('utf8'));
  } catch (error) {
    const isTooDeep = error instanceof NestedTooDeep;
    throw new BadRequest(400, isTooDeep ? `${error.message}.` : 'The body is not JSON.');
  }
}

function parseBatch(body: Buffer): Outgoing[] {
  const parsed = v.safeParse(Batch, parseJson(body), { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new BadRequest(422, `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
  }
  return parsed.output.messages.map(({ topic, event, payload, private: isPrivate }) => ({
    topic,
    isPrivate: isPrivate === true,
    broadcast: { event, body: JSON.stringify(payload) },
  }));
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadRequest(400, 'The path is not encoded as an address should be.');
  }
}

const SINGLE = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/;

function parseSingle(url: URL, request: IncomingMessage, body: Buffer): Outgoing {
  const [, topic = '', event = ''] = SINGLE.exec(url.pathname) ?? [];
  const isBinary = request.headers['content-type'] === 'application/octet-stream';
  return {
    topic: decodePart(topic),
    isPrivate: url.searchParams.get('private') === 'true',
    broadcast: {
      event: decodePart(event),
      body: isBinary ? body : JSON.stringify(parseJson(body)),
    },
  };
}

/** The sender: the user's token, or the API key where there is none. */
async function senderOf(request: IncomingMessage, { identities }: Services): Promise<Claims> {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const apikey = request.headers.apikey;
  try {
    return await identities.claimsOf(bearer ?? String(apikey ?? ''));
  } catch (error) {
    if (error instanceof Refusal) throw new BadRequest(401, error.message);
    throw error;
  }
}

/** The secret key may send as it likes: who has it is trusted. */
function checkRate(share: AddressShare, { role }: Claims, messages: readonly Outgoing[]): void {
  if (role === 'service_role') return;
  const asked = new Set(messages.filter(({ isPrivate }) => isPrivate).map(({ topic }) => topic));
  const cost = messages.length + asked.size * PRIVATE_TOPIC_COST;
  if (cost > MESSAGES_BURST) {
    throw new BadRequest(429, 'Too many messages to broadcast, please reduce the batch size');
  }
  if (!share.messages.take(cost)) throw new BadRequest(429, 'You have exceeded your rate limit');
}

/** Sends what the sender may send; the rest is left out without a word, as on hosted Supabase. */
async function send(
  messages: readonly Outgoing[],
  claims: Claims,
  headers: IncomingMessage['headers'],
  { ask, topics }: Services,
  share: AddressShare,
): Promise<void> {
  const allowed = new Map<string, boolean>();
  for (const { topic, isPrivate, broadcast } of messages) {
    if (isPrivate && !allowed.has(topic)) {
      const rights = await ask(share, (sql) => writeRights(sql, { topic, claims, headers }));
      allowed.set(topic, rights.broadcast);
    }
    if (!isPrivate || allowed.get(topic)) topics.find(topic, isPrivate)?.broadcast(broadcast);
  }
}

/** Answers `POST /api/broadcast` and `POST /api/broadcast/<topic>/events/<event>`. */
export async function answerBroadcast(
  request: IncomingMessage,
  response: ServerResponse,
  services: Services,
): Promise<void> {
  const share = services.addresses.of(request);
  if (!share.open()) return answer(response, 429, { message: 'Too many connected users' });
  try {
    const url = urlOf(request);
    const claims = await senderOf(request, services);
    const body = await readBody(request);
    const isSingle = SINGLE.test(url.pathname);
    const messages = isSingle ? [parseSingle(url, request, body)] : parseBatch(body);
    checkRate(share, claims, messages);
    await send(messages, claims, request.headers, services, share);
    answer(response, 202);
  } catch (error) {
    const known = error instanceof BadRequest;
    if (!known) services.log(`a broadcast over HTTP failed: ${(error as Error).message}`);
    const message = known ? error.message : 'Realtime could not ask the database.';
    answer(response, known ? error.status : 503, { message });
  } finally {
    share.close();
  }
}
