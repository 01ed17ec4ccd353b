/** What strangers do to the others, from an address of their own: each attack goes on until it is told to stop. */
import { type OutgoingHttpHeaders, request } from 'node:http';
import { pause } from '../../lib/pause.ts';
import type { TestStack } from '../support/stack.ts';

const ADDRESS = '127.0.0.66';
const MOST_REQUESTS = 3_000;
const AT_ONCE = 30;

export interface Target {
  readonly stack: TestStack;
  /** Whose account is attacked. */
  readonly email: string;
  /** Whose stream is attacked. */
  readonly streamId: string;
}

interface Shot {
  readonly path: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** Sends one request and forgets its answer; what the gateway does with it is its own affair. */
function shoot(
  stack: TestStack,
  { path, method = 'POST', headers = {}, body }: Shot,
): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(`${stack.config.apiUrl}${path}`, {
      method,
      localAddress: ADDRESS,
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    outgoing.on('error', () => resolve());
    outgoing.on('response', (answer) => {
      answer
        .on('end', resolve)
        .on('error', () => resolve())
        .resume();
    });
    outgoing.end(body);
  });
}

export interface Attack {
  stop(): Promise<void>;
}

function begin(stack: TestStack, aim: (n: number) => Shot): Attack {
  let [isOn, sent] = [true, 0];
  const lane = async () => {
    while (isOn && sent < MOST_REQUESTS) {
      await shoot(stack, aim(sent++));
      await pause(1);
    }
  };
  const lanes = Array.from({ length: AT_ONCE }, lane);
  return {
    async stop() {
      isOn = false;
      await Promise.all(lanes);
    },
  };
}

const MOST_SOCKETS = 50;

/** One connection to Realtime after the other, each with these frames. */
function beginOnSockets({ config, keys }: TestStack, frames: (topic: string) => string[]): Attack {
  const url = `${config.apiUrl.replace('http', 'ws')}/realtime/v1/websocket?apikey=${keys.publishable}&vsn=1.0.0`;
  let isOn = true;
  const open = (n: number) =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(url);
      socket.onopen = () => {
        for (const frame of frames(`realtime:t${n}`)) socket.send(frame);
        setTimeout(() => socket.close(), 100);
      };
      socket.onclose = () => resolve();
      socket.onerror = () => resolve();
    });
  const lane = (async () => {
    for (let n = 0; isOn && n < MOST_SOCKETS; n++) await open(n);
  })();
  return {
    async stop() {
      isOn = false;
      await lane;
    },
  };
}

function frame(topic: string, event: string, payload: unknown, ref = '1'): string {
  return JSON.stringify({ topic, event, payload, ref, join_ref: '1' });
}

const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

/** By the number of what they try in the list of attacks that the product was tried with. */
export const ATTACKS: Readonly<Record<string, (target: Target) => Attack>> = {
  'deep JSON': ({ stack }) =>
    begin(stack, (n) => ({
      path: '/rest/v1/rpc/create_stream',
      headers: { apikey: stack.keys.publishable },
      body: `{"title":"x","settings":${deep(n % 2 ? 2_500 : 60_000)}}`,
    })),

  'slow queries on thirty connections': ({ stack }) =>
    begin(stack, () => ({
      method: 'GET',
      path: `/rest/v1/streams?select=id&order=title.desc&${Array.from({ length: 90 }, (_, n) => `title=not.ilike.*${n}*`).join('&')}`,
      headers: { apikey: stack.keys.publishable },
    })),

  'broadcasts to thousands of topics': ({ stack }) =>
    begin(stack, (n) => ({
      path: '/realtime/v1/api/broadcast',
      headers: { apikey: stack.keys.publishable },
      body: JSON.stringify({
        messages: Array.from({ length: 2_000 }, (_, i) => ({
          topic: `t${n}-${i}`,
          event: 'e',
          payload: {},
        })),
      }),
    })),

  'a join with 30,000 bindings': ({ stack }) =>
    beginOnSockets(stack, (topic) => {
      const binding = { event: '*', schema: 'public', table: 'streams', filter: 'title=eq.x' };
      const config = { postgres_changes: Array.from({ length: 30_000 }, () => binding) };
      return [frame(topic, 'phx_join', { config })];
    }),

  'presence of megabytes, and of 60,000 levels': ({ stack }) =>
    beginOnSockets(stack, (topic) => {
      const track = (payload: unknown) =>
        frame(topic, 'presence', { type: 'presence', event: 'track', payload }, '2');
      const large = track({ text: 'x'.repeat(2_900_000) });
      const nested = track({}).replace('"payload":{}', `"payload":${deep(60_000)}`);
      return [frame(topic, 'phx_join', { config: {} }), large, large, nested];
    }),

  'bodies of 30 MB, also with a wrong key': ({ stack }) => {
    const body = Buffer.alloc(30 * 1024 * 1024, 'x');
    return begin(stack, (n) => ({
      path: ['/rest/v1/streams', '/auth/v1/signup', '/storage/v1/object/videos/x'][n % 3] as string,
      headers: { apikey: n % 2 ? stack.keys.publishable : 'wrong' },
      body,
    }));
  },

  'wrong keys for a stream': ({ stack, streamId }) =>
    begin(stack, (n) => ({
      path: `/functions/v1/ingest?secret=${stack.keys.ingestSecret}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `call=publish&name=${streamId}&key=${'0'.repeat(48)}&clientid=${n}&addr=203.0.113.${n % 250}`,
    })),

  'wrong passwords': ({ stack, email }) =>
    begin(stack, (n) => ({
      path: '/auth/v1/token?grant_type=password',
      headers: { apikey: stack.keys.publishable },
      body: JSON.stringify({ email, password: `guess-${n}` }),
    })),

  'the same from addresses that it invents': ({ stack, email }) =>
    begin(stack, (n) => ({
      path: '/auth/v1/token?grant_type=password',
      headers: {
        apikey: stack.keys.publishable,
        'x-forwarded-for': `198.51.100.${n % 250}`,
        'x-real-ip': `198.51.100.${n % 250}`,
        forwarded: `for=198.51.100.${n % 250}`,
      },
      body: JSON.stringify({ email, password: `guess-${n}` }),
    })),
};
