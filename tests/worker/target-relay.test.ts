/** The target relay: who may push through it, and how the target is reached. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../../lib/wait.ts';
import { runFfmpeg } from '../../scripts/demo/ffmpeg.ts';
import { Lease, now } from '../../worker/lease.ts';
import { parseTarget } from '../../worker/relay/target-address.ts';
import { TargetRelay } from '../../worker/relay/target-relay.ts';
import { RtmpSink } from '../support/rtmp-sink.ts';
import { Videos } from '../support/videos.ts';

const HERE = [{ address: '127.0.0.1', family: 4 }];
const PLACE = { bind: '127.0.0.1', host: '127.0.0.1' };

const videos = new Videos();
const relays: TargetRelay[] = [];
const servers: Server[] = [];
let sink: RtmpSink;
let video: string;
beforeAll(async () => {
  video = await videos.plain(2);
  sink = await RtmpSink.start();
});
afterEach(() => {
  for (const relay of relays.splice(0)) relay.close();
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await sink?.stop();
  videos.clear();
});

async function relayTo(url: string, lease = new Lease(now(), 300)) {
  const relay = new TargetRelay(parseTarget(url), HERE, lease);
  relays.push(relay);
  return { relay, lease, url: await relay.listen(PLACE) };
}

const push = (url: string) =>
  runFfmpeg(['-re', '-stream_loop', '-1', '-i', video, '-c', 'copy', '-f', 'flv', url]);

/** A TCP server that does with each connection what it is told. */
async function serve(onSocket: (socket: Socket) => void, tls?: TlsOptions): Promise<number> {
  const server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
  server.on('tlsClientError', () => {});
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

test('the target hears its own names, and ffmpeg’s address does not contain them', async () => {
  const { relay, url } = await relayTo(`${sink.url('names')}?sign=123`);
  expect(url).not.toMatch(/names|sign|live/);
  const run = push(url);
  await sink.awaitPackets('names', 10);
  expect(relay.isPublishing).toBe(true);
  expect(relay.bytesOut).toBeGreaterThan(1_000);
  expect(sink.pushesOf('names')).toMatchObject([{ query: { sign: '123' } }]);
  await run.stop();
  await waitUntil(() => sink.pushesOf('names')[0]?.closedAt !== null, { timeoutMs: 60_000 });
  expect(sink.pushesOf('names')[0]?.closedAt).not.toBeNull();
  expect(relay.failure).toBeNull();
});

test('a push that has lasted for hours goes on', async () => {
  const { url } = await relayTo(sink.url('hours'));
  const hours = ['-output_ts_offset', '16776', '-f', 'flv', url]; // 2^24 ms are 16777 s
  const run = runFfmpeg(['-re', '-stream_loop', '2', '-i', video, '-c', 'copy', ...hours]);
  expect((await run.ended).code).toBe(0);
  expect(sink.pushesOf('hours')).toMatchObject([{ videoPackets: 3 * 2 * 25 + 2 }]); // and what opens and ends it
});

test('who does not know the made-up names does not get to publish', async () => {
  const { relay, url } = await relayTo(sink.url('stranger'));
  const { port } = new URL(url.replace('rtmp:', 'http:'));
  const { code } = await push(`rtmp://127.0.0.1:${port}/live/stranger`).ended;
  expect(code).not.toBe(0);
  expect(relay.isPublishing).toBe(false);
  expect(sink.pushesOf('stranger')).toEqual([]);
});

describe('junk', () => {
  const GREETING = Buffer.alloc(1 + 2 * 1536, 3);
  const shortChunkSize = Buffer.from([2, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 9]);
  const endless = Buffer.concat([Buffer.from([3, 0, 0, 0, 255, 255, 255, 20, 0, 0, 0, 0])]);
  test.each([
    ['a chunk size that is none', shortChunkSize],
    ['a picture before anything else', Buffer.from([6, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 7])],
    ['a message without an end', Buffer.concat([endless, Buffer.alloc(30_000, 0xc3)])],
  ])('%s ends its connection, and no other', async (_what, bytes) => {
    const { relay, url } = await relayTo(sink.url('after-junk'));
    const socket = connectTcp(Number(new URL(url.replace('rtmp:', 'http:')).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.concat([GREETING, bytes]));
    await once(socket, 'close');
    expect(relay.isPublishing).toBe(false);
    const before = sink.pushesOf('after-junk').length;
    const run = push(url);
    await waitUntil(() => sink.pushesOf('after-junk').length > before, { timeoutMs: 60_000 });
    await sink.awaitPackets('after-junk', 10);
    await run.stop();
  });
});

test('one connection at a time', async () => {
  const { url } = await relayTo(sink.url('single'));
  const first = push(url);
  await sink.awaitPackets('single', 10);
  expect((await push(url).ended).code).not.toBe(0);
  expect(sink.pushesOf('single')).toHaveLength(1);
  expect(sink.pushesOf('single')[0]?.closedAt).toBeNull();
  await first.stop();
});

describe('the lease', () => {
  test('ends the push when it ends', async () => {
    const { url, lease } = await relayTo(sink.url('fenced'));
    const run = push(url);
    const record = await sink.awaitPackets('fenced', 10);
    lease.end();
    expect((await run.ended).code).not.toBe(0);
    await waitUntil(() => record.closedAt !== null, { timeoutMs: 60_000 });
    expect(record.closedAt).not.toBeNull();
    expect((await push(url).ended).code, 'nothing listens any more').not.toBe(0);
  });

  test('that has run out lets nobody begin', async () => {
    const { url } = await relayTo(sink.url('late'), new Lease(now(), 0));
    expect((await push(url).ended).code).not.toBe(0);
    expect(sink.pushesOf('late')).toEqual([]);
  });

  test('runs from before it was asked for, is extended, and does not come back', () => {
    const asked = { ...now(), monotonicMs: performance.now() - 20_000 };
    expect(new Lease(asked, 20).isHeld()).toBe(false);
    const lease = new Lease(asked, 30);
    expect(lease.isHeld()).toBe(true);
    expect(lease.remainingMs).toBeLessThan(10_000);
    lease.extend(now(), 30);
    expect(lease.remainingMs).toBeGreaterThan(20_000);
    lease.end();
    lease.extend(now(), 30);
    expect(lease.isHeld()).toBe(false);
  });

  test('counts the time that the machine slept', () => {
    const asleep = { ...now(), uptimeMs: now().uptimeMs - 60_000 };
    expect(new Lease(asleep, 30).isHeld()).toBe(false);
  });
});

describe('over TLS', () => {
  const read = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
  const certificate = { key: read('localhost.key'), cert: read('localhost.crt') };
  const toSink = (socket: Socket) => {
    const upstream = connectTcp(sink.port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => {});
  };

  test('a certificate that nobody vouches for is refused', async () => {
    const port = await serve(toSink, certificate);
    const { relay, url } = await relayTo(`rtmps://localhost:${port}/live/untrusted`);
    expect((await push(url).ended).code).not.toBe(0);
    expect(relay.failure).toMatch(/no valid TLS certificate/);
    expect(sink.pushesOf('untrusted')).toEqual([]);
  });
});

describe('a target that', () => {
  const outcome = async (port: number) => {
    const { relay, url } = await relayTo(`rtmp://127.0.0.1:${port}/live/key`);
    const { code } = await push(url).ended;
    expect(code).not.toBe(0);
    return relay.failure;
  };

  test('nobody listens at', async () => {
    expect(await outcome(9)).toBe('The RTMP server refused the connection.');
  });

  test('closes the connection', async () => {
    const port = await serve((socket) => socket.destroy());
    expect(await outcome(port)).toMatch(/closed the connection/);
  });

  test('speaks something else', async () => {
    const port = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await outcome(port)).toMatch(/closed the connection/);
  });
});
