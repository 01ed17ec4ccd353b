/** SQL and functions learn the client's true address, whatever it claims. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const CLAIMS = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-real-ip': '203.0.113.9',
  forwarded: 'for=203.0.113.9',
  'cf-connecting-ip': '203.0.113.9',
};

let gateway: TestGateway;
let functions: Server;
let received: IncomingHttpHeaders;

beforeAll(async () => {
  gateway = await startGateway();
  functions = createServer((request, response) => {
    received = request.headers;
    response.end();
  }).listen(gateway.config.ports.functions, '127.0.0.1');
  await once(functions, 'listening');
});

afterAll(async () => {
  functions?.close();
  await gateway?.stop();
});

function expectTrueAddress(headers: Record<string, unknown>): void {
  expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(headers['x-real-ip']).toBe('127.0.0.1');
  expect(JSON.stringify(headers)).not.toContain('203.0.113.9');
}

test('in request.headers of the Data API, for tables and functions alike', async () => {
  const answer = await gateway.request('/rest/v1/rpc/whoami', { headers: CLAIMS });
  expectTrueAddress((await answer.json()).headers);

  await gateway.sql`
    alter table public.notes add column seen_from text
    default current_setting('request.headers', true)::jsonb ->> 'x-forwarded-for'`;
  const { client, id } = await gateway.signUp();
  await gateway.service().from('authors').insert({ id, name: id });
  const { data } = await client
    .from('notes')
    .insert({ author_id: id, body: 'x' })
    .setHeader('x-forwarded-for', '203.0.113.9')
    .select('seen_from')
    .single();
  expect(data).toEqual({ seen_from: '127.0.0.1' });
});

test('in the headers of a function, beside the client’s other headers', async () => {
  await gateway.request('/functions/v1/any', { headers: { ...CLAIMS, 'x-mine': 'kept' } });
  expectTrueAddress(received);
  expect(received['x-mine']).toBe('kept');
  expect(received.apikey).toBe(gateway.keys.publishable);
});
