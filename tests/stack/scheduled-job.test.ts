/** What a scheduled job says of a function that answers, fails and recovers. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ScheduledJob } from '../../stack/scheduled-job.ts';

const CLEANUP = {
  name: 'cleanup',
  schedule: '*/10 * * * * *',
  functionName: 'sweep',
  timeoutSeconds: 60,
};

let server: Server;
let answer: { status: number; body: string };
const asked: { method?: string; url?: string; apikey?: unknown; body: string }[] = [];
const said: string[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, apikey: headers.apikey, body: await text(request) });
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const channel of ['log', 'error'] as const) {
    vi.spyOn(console, channel).mockImplementation((...words) => {
      said.push(`${channel}: ${words.join(' ')}`);
    });
  }
});
afterEach(() => {
  said.length = 0;
});
afterAll(() => {
  vi.restoreAllMocks();
  server.close();
});

function job(): ScheduledJob {
  const { port } = server.address() as AddressInfo;
  return new ScheduledJob(CLEANUP, { apiUrl: `http://127.0.0.1:${port}`, secretKey: 'secret' });
}

test('calls the function with the secret key', async () => {
  answer = { status: 200, body: '{"reap_sessions":0}' };
  await job().run();
  expect(asked.at(-1)).toEqual({
    method: 'POST',
    url: '/functions/v1/sweep',
    apikey: 'secret',
    body: '{"job":"cleanup"}',
  });
});

test('is silent when nothing was to be done, and tells what was', async () => {
  answer = { status: 200, body: '{"reap_sessions":0}' };
  const cleanup = job();
  await cleanup.run();
  expect(said).toEqual([]);
  answer = { status: 200, body: '{"reap_sessions":2}' };
  await cleanup.run();
  expect(said).toEqual(['log: cleanup {"reap_sessions":2}']);
});

test('tells the first failure of a streak, and its end', async () => {
  const cleanup = job();
  answer = { status: 500, body: '{"code":"XX000"}' };
  await cleanup.run();
  await cleanup.run();
  answer = { status: 200, body: 'no JSON' };
  await cleanup.run();
  expect(said).toEqual(['error: cleanup failed: status 500: {"code":"XX000"}']);
  answer = { status: 200, body: '{"reap_sessions":0}' };
  await cleanup.run();
  expect(said.at(-1)).toBe('log: cleanup works again');
  answer = { status: 503, body: '' };
  await cleanup.run();
  expect(said.at(-1)).toBe('error: cleanup failed: status 503: ');
});

test('a gateway that is away is a failure like any other', async () => {
  const cleanup = new ScheduledJob(CLEANUP, { apiUrl: 'http://127.0.0.1:1', secretKey: 's' });
  await cleanup.run();
  expect(said).toEqual([expect.stringMatching(/^error: cleanup failed: .+/)]);
});
