/** What clients send to each other. */

import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime();
});
afterAll(() => realtime?.stop());

function client(vsn: string) {
  const { config, keys } = realtime.gateway;
  return createClient(config.apiUrl, keys.publishable, {
    auth: { persistSession: false },
    realtime: { vsn },
  });
}

describe.for(['1.0.0', '2.0.0'])('a client of version %s', (vsn) => {
  const hi = { type: 'broadcast', event: 'hi', payload: { text: 'ä "quoted"' } } as const;

  test('is heard by others of both versions, and not by itself', async () => {
    const topic = `room ${vsn}`;
    const speaker = await listen(client(vsn), topic);
    const others = [await listen(client('1.0.0'), topic), await listen(client('2.0.0'), topic)];
    expect(await speaker.channel.send(hi)).toBe('ok');
    for (const other of others) {
      await other.until(() => other.heard.length > 0);
      expect(other.heard).toMatchObject([{ event: 'hi', payload: hi.payload }]);
    }
    await others[0]?.channel.send({ type: 'broadcast', event: 'bye', payload: {} });
    await speaker.until(() => speaker.heard.length > 0);
    expect(speaker.heard.map(({ event }) => event)).toEqual(['bye']);
  });

  test('hears itself when it asks to, and is told of the receipt', async () => {
    const config = { config: { broadcast: { self: true, ack: true } } };
    const speaker = await listen(client(vsn), `echo ${vsn}`, config);
    expect(await speaker.channel.send(hi)).toBe('ok');
    await speaker.until(() => speaker.heard.length > 0);
    expect(speaker.payloads).toEqual([hi.payload]);
  });

  test('leaves, joins again, and hears of other topics nothing', async () => {
    const from = client(vsn);
    const first = await listen(from, `again ${vsn}`);
    expect(await from.removeChannel(first.channel)).toBe('ok');
    const second = await listen(from, `again ${vsn}`);
    const speaker = await listen(client(vsn), `again ${vsn}`);
    const elsewhere = await listen(client(vsn), `elsewhere ${vsn}`);
    await elsewhere.channel.send(hi);
    await speaker.channel.send(hi);
    await second.until(() => second.heard.length > 0);
    expect(second.heard).toHaveLength(1);
    expect(first.heard).toEqual([]);
  });

  test('keeps its messages in order', async () => {
    const topic = `order ${vsn}`;
    const speaker = await listen(client(vsn), topic);
    const listener = await listen(client(vsn), topic);
    for (let n = 0; n < 200; n += 1) {
      void speaker.channel.send({ type: 'broadcast', event: 'n', payload: { n } });
    }
    await listener.until(() => listener.heard.length === 200);
    expect(listener.payloads.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });
});

describe('over HTTP', () => {
  test('a message reaches those who listen', async () => {
    const listener = await listen(client('2.0.0'), 'by HTTP');
    const sender = client('2.0.0').channel('by HTTP');
    expect(await sender.httpSend('hi', { n: 1 })).toEqual({ success: true });
    await listener.until(() => listener.heard.length > 0);
    expect(listener.heard).toMatchObject([{ event: 'hi', payload: { n: 1 } }]);
  });

  const post = (body: string, headers = {}) =>
    realtime.gateway.request('/realtime/v1/api/broadcast', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const message = { topic: 'a', event: 'b', payload: {} };

  test.for([
    ['a batch', JSON.stringify({ messages: [message] }), {}, 202],
    ['no JSON', 'no', {}, 400],
    ['JSON nested 60,000 deep', '['.repeat(60_000) + ']'.repeat(60_000), {}, 400],
    [
      'a message without a topic',
      JSON.stringify({ messages: [{ ...message, topic: '' }] }),
      {},
      422,
    ],
    [
      'an unknown key',
      JSON.stringify({ messages: [message] }),
      { apikey: 'sb_publishable_no' },
      401,
    ],
    [
      'too long a body',
      JSON.stringify({ messages: [{ ...message, payload: { x: 'x'.repeat(3e6) } }] }),
      {},
      413,
    ],
  ] as const)('%s is answered', async ([, body, headers, status]) => {
    expect((await post(body, headers)).status).toBe(status);
  });

  const batch = (count: number, isPrivate: boolean) =>
    JSON.stringify({
      messages: Array.from({ length: count }, (_, n) => {
        return { ...message, topic: `${n}`, private: isPrivate };
      }),
    });

  test.for([
    ['10,000 topics', batch(10_000, false)],
    ['501 topics', batch(501, false)],
    ['51 private topics', batch(51, true)],
  ] as const)('a batch for %s is refused', async ([, body]) => {
    const answer = await post(body);
    expect(answer.status).toBe(429);
    expect(await answer.json()).toEqual({
      message: 'Too many messages to broadcast, please reduce the batch size',
    });
  });

  test('batch after batch is refused until time has passed, but to the secret key', async () => {
    const send = (headers = {}) => post(batch(500, false), headers).then(({ status }) => status);
    const statuses = await Promise.all(Array.from({ length: 10 }, () => send()));
    expect(statuses).toContain(429);
    const { secret } = realtime.gateway.keys;
    expect(await send({ apikey: secret })).toBe(202);
    expect((await post(batch(10_000, false), { apikey: secret })).status).toBe(202);
    const isWelcome = async () => (await post(batch(1, false))).status === 202;
    expect(await waitUntil(isWelcome, { timeoutMs: 60_000 })).toBe(true);
  });
});
