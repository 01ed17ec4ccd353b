/** A path leads to its own service and no further, and methods that no service knows lead nowhere. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestFrom } from '../support/client-address.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const reached: string[] = [];
let gateway: TestGateway;
let services: Server[];

beforeAll(async () => {
  gateway = await startGateway();
  const { functions, realtime } = gateway.config.ports;
  services = [functions, realtime].map((port) =>
    createServer((request, response) => {
      reached.push(String(request.url));
      response.end('reached');
    }).listen(port, '127.0.0.1'),
  );
  await Promise.all(services.map((service) => once(service, 'listening')));
});

afterAll(async () => {
  for (const service of services ?? []) service.close();
  await gateway?.stop();
});

function send(path: string, method = 'GET') {
  const headers = { apikey: gateway.keys.publishable };
  return requestFrom('127.0.0.1', gateway.config.apiUrl, headers, { path, method });
}

test.each([
  '/functions/v1/../../secret',
  '/functions/v1/%2e%2e/%2E./secret',
  '/functions/v1/any/../../../secret',
  '/functions/v1\\..\\..\\secret',
  '/realtime/v1/../../secret',
  '/rest/v1/../../functions/secret',
])('%s is not found', async (path) => {
  reached.length = 0;
  const { status, body } = await send(path);
  expect([status, JSON.parse(body).code]).toEqual([404, 'not_found']);
  expect(reached).toEqual([]);
});

test('what leads to another service is answered by that one', async () => {
  reached.length = 0;
  expect(await send('/functions/v1/../../health')).toMatchObject({ body: '{"status":"ok"}' });
  expect(await send('/rest/v1/../../functions/v1/any?x=..')).toMatchObject({ body: 'reached' });
  expect(reached).toEqual(['/functions/v1/any?x=..']);
});

test.each(['TRACE', 'PROPFIND'])('%s is refused, with what is allowed', async (method) => {
  reached.length = 0;
  for (const path of ['/rest/v1/notes', '/auth/v1/health', '/functions/v1/any', '/health']) {
    const { status, headers, body } = await send(path, method);
    expect([path, status]).toEqual([path, 405]);
    expect(headers.allow).toContain('GET, HEAD, POST');
    expect(JSON.parse(body)).toMatchObject({
      code: 'method_not_allowed',
      message: expect.any(String),
      hint: expect.stringContaining('PATCH'),
    });
  }
  expect(reached).toEqual([]);
});
