/** The way to the functions: what a function gets and gives goes through unchanged. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let upstream: Server;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  upstream?.closeAllConnections();
  upstream?.close();
  await gateway?.stop();
});

test('while they are down, 503 says so and what to do', async () => {
  const answer = await gateway.request('/functions/v1/ingest', { method: 'POST', body: 'x' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(await answer.json()).toMatchObject({
    code: 'functions_unavailable',
    hint: expect.stringContaining('npm run status'),
  });
});

describe('while they are up', () => {
  beforeAll(async () => {
    upstream = createServer((request, response) => {
      if (request.url === '/functions/v1/half') {
        response.writeHead(200, { 'content-length': '10' }).write('half');
        setImmediate(() => response.destroy());
        return;
      }
      response.writeHead(207, { 'x-path': request.url, 'x-method': request.method });
      request.pipe(response);
    }).listen(gateway.config.ports.functions, '127.0.0.1');
    await once(upstream, 'listening');
  });

  test('method, path, query, status and headers pass', async () => {
    const answer = await gateway.request('/functions/v1/a/b?c=d%20e', { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(207);
    expect(answer.headers.get('x-path')).toBe('/functions/v1/a/b?c=d%20e');
    expect(answer.headers.get('x-method')).toBe('PUT');
  });

  test('a large body passes both ways', async () => {
    const body = randomBytes(5_000_000);
    const answer = await gateway.request('/functions/v1/echo', { method: 'POST', body });
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(new Uint8Array(await answer.arrayBuffer()))).toBe(digest(body));
  });

  test('a body passes while it is still being sent', async () => {
    const socket = connect(gateway.config.ports.api, '127.0.0.1');
    socket.write(
      'POST /functions/v1/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n',
    );
    let received = '';
    for await (const chunk of socket) {
      received += chunk;
      if (received.includes('first')) break;
    }
    expect(received).toMatch(/^HTTP\/1.1 207/);
    socket.destroy();
  });

  test('an answer that breaks off breaks off for the client too', async () => {
    const answer = await gateway.request('/functions/v1/half');
    await expect(answer.text()).rejects.toThrow();
    expect((await gateway.request('/functions/v1/echo')).status).toBe(207);
  });
});

describe('what no service answers', () => {
  test.for(['/', '/rest', '/rest/v2/notes', '/functions/v1', '/functions/v1/', '/graphql/v1'])(
    '%s is 404',
    async (path) => {
      const answer = await gateway.request(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'not_found' });
    },
  );

  test('Realtime that is not running is 503, for HTTP and for a WebSocket', async () => {
    expect((await gateway.request('/realtime/v1/api/broadcast')).status).toBe(503);
    const socket = connect(gateway.config.ports.api, '127.0.0.1');
    socket.write(
      'GET /realtime/v1/websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toContain('realtime_unavailable');
  });
});
